"""Turns what the flows give into what the local API answers; no decisions."""

from kkiri.app.answers import (
    FetchedAnswer,
    FileAnswer,
    FoundAnswer,
    HubAnswer,
    PersonAnswer,
    SharedAnswer,
    TransferAnswer,
)
from kkiri.event.nip19 import npub
from kkiri.flows.fetch import TransferView
from kkiri.flows.finds import Found
from kkiri.flows.people import PersonView
from kkiri.flows.world import HubRow, World
from kkiri.ports.state import Transfer

FILES_SHOWN_MAX = 200  # of one find; the rest is counted, and listed when it is opened
SECONDS_LEFT_MAX = 99 * 24 * 3600  # longer than that is not a forecast


def found_answer(found: Found, files_max: int = FILES_SHOWN_MAX) -> FoundAnswer:
    """Tell of one find."""
    facts = found.facts
    return FoundAnswer(
        link=found.link,
        title=found.title,
        kind=found.sort.value,
        size=found.size,
        info_hash=found.info_hash,
        author=npub(found.author),
        author_name=found.author_name,
        confirmed=len(found.authors),
        sources=found.sources,
        created_at=found.created_at,
        artist=facts.artist,
        album=facts.album,
        duration=facts.duration_seconds,
        bitrate=facts.bitrate,
        codec=facts.codec,
        width=facts.width,
        height=facts.height,
        lang=facts.language,
        topics=list(found.topics),
        description=found.description,
        files=[FileAnswer(path=file.path, size=file.size) for file in found.files[:files_max]],
        files_total=len(found.files),
        followed=found.followed,
        on=found.on,
        looks_like=found.looks_like,
        near=found.near,
    )


def transfer_answer(view: TransferView) -> TransferAnswer:
    """Tell of one download; one that the engine does not hold right now is `waiting`."""
    transfer, progress = view.transfer, view.progress
    finished = transfer.finished_at is not None
    idle = "paused" if transfer.paused else ("seeding" if finished else "waiting")
    left: int | None = None
    if progress is not None and progress.down_rate > 0 and not finished:
        left = min((progress.size - progress.done) // progress.down_rate, SECONDS_LEFT_MAX)
    return TransferAnswer(
        info_hash=transfer.info_hash,
        name=(progress.name if progress is not None else "") or transfer.name,
        state=idle if progress is None else progress.state.value,
        size=0 if progress is None else progress.size,
        done=0 if progress is None else progress.done,
        down_rate=0 if progress is None else progress.down_rate,
        up_rate=0 if progress is None else progress.up_rate,
        peers=0 if progress is None else progress.peers,
        seeds=0 if progress is None else progress.seeds,
        sources=[] if progress is None else [str(source) for source in progress.sources],
        seconds_left=left,
        finished=finished,
        added_at=transfer.added_at,
        path=None if transfer.path is None else str(transfer.path),
        error="" if progress is None else progress.error,
    )


def fetched_answer(transfer: Transfer, size: int, seconds: float) -> FetchedAnswer:
    """Tell how a get stands."""
    return FetchedAnswer(
        finished=transfer.finished_at is not None,
        info_hash=transfer.info_hash,
        name=transfer.name,
        path=None if transfer.path is None else str(transfer.path),
        bytes=size,
        seconds=round(seconds, 3),
    )


def person_answer(person: PersonView) -> PersonAnswer:
    """Tell of one person."""
    return PersonAnswer(
        npub=person.npub,
        pubkey=person.pubkey,
        name=person.name,
        petname=person.petname,
        about=person.about,
        followed=person.followed,
        blocked=person.blocked,
        on=person.on,
        listings=person.listings,
        looks_like=person.looks_like,
    )


def hub_answer(row: HubRow) -> HubAnswer:
    """Tell how it stands with one hub."""
    return HubAnswer(
        url=row.url,
        key=row.key,
        own=row.own,
        state=row.state.value,
        named=row.named,
        latency_ms=row.latency_ms,
        refused=row.refused,
        why=row.why,
    )


def shared_answers(world: World) -> list[SharedAnswer]:
    """Tell what is shared, a line for each named folder or file."""
    answers = []
    for root in world.library.roots():
        listings = world.library.listings(root)
        size = sum(listing.size for listing in listings)
        answers.append(SharedAnswer(path=str(root), listings=len(listings), bytes=size))
    return answers
