"""Who one is, to everybody: name, words, picture; and reports on what others publish.

What other programs wrote into the profile stays. A picture stands inside the profile, made small
in the worker; pictures elsewhere are never fetched.
"""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from kkiri.base.errors import BadRecordError, NotFoundError
from kkiri.base.types import Bytes, InfoHash, PubKey, Seconds
from kkiri.event import kinds, nip19
from kkiri.event.comment import Report, Why, person_report_tags, report_tags
from kkiri.event.filters import Filter
from kkiri.event.listing import Sort
from kkiri.event.picture import PICTURE_BYTES_MAX, BadPictureError, clean_jpeg, data_url, jpeg_of
from kkiri.event.profile import ABOUT_CHARS_MAX, Profile, profile_content, read_profile
from kkiri.event.record import Record
from kkiri.flows.asking import ask_hubs, standing
from kkiri.flows.people import newest_own, resolve
from kkiri.flows.publish import publish
from kkiri.flows.world import World
from kkiri.swarm.magnet import read_link
from kkiri.trust.petnames import clean_name

ASK_SECONDS = Seconds(2.0)  # as a search
PICTURE_FILE_BYTES_MAX = Bytes(32 * 1024 * 1024)  # the largest photographs of phones
REPORTED_MAX = 100  # listings of one torrent by one person that a report names
REPORT_CHARS_MAX = 1_000  # a paragraph of reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class BytesFile:
    """A file that is all here, as the worker reads files."""

    name: str
    body: bytes

    @property
    def size(self) -> Bytes:
        """Give the number of bytes."""
        return Bytes(len(self.body))

    async def read(self, offset: int, size: int) -> bytes:
        """Give some bytes."""
        return self.body[offset : offset + size]

    def close(self) -> None:
        """Let go of nothing."""


async def own_profile(world: World) -> Profile:
    """Give what one says of oneself."""
    record = await newest_own(world, kinds.PROFILE)
    try:
        return Profile() if record is None else read_profile(record)
    except BadRecordError:
        return Profile()


async def set_profile(
    world: World,
    *,
    name: str | None = None,
    about: str | None = None,
    picture: bytes | None = None,
) -> None:
    """Say who one is; None leaves a field as it is, an empty one takes it away.

    The picture is a small JPEG. Raises: BadPictureError, DiskFullError.
    """
    before = await newest_own(world, kinds.PROFILE)
    kept: dict[str, object] = {}
    if before is not None:
        try:
            kept = msgspec.json.decode(before.content, type=dict[str, object])
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            kept = {}
    said: dict[str, str] = {}
    if name is not None:
        said["name"] = clean_name(name)
    if about is not None:
        said["about"] = about[:ABOUT_CHARS_MAX]
    if picture is not None:
        said["picture"] = data_url(picture) if picture else ""
    fresh = Profile(
        name=said.get("name", ""), about=said.get("about", ""), picture=said.get("picture", "")
    )
    for field in said:
        kept.pop(field, None)
    plain = msgspec.json.decode(profile_content(fresh), type=dict[str, object])
    content = msgspec.json.encode(kept | plain).decode()
    await publish(world, kinds.PROFILE, before.tags if before is not None else (), content)


async def picture_of_file(world: World, path: Path) -> bytes:
    """Make the small JPEG of a picture on this machine.

    Raises: NotFoundError, BadPictureError, NotPlayableError, ScreensBusyError.
    """
    body = await world.folders.read(path, PICTURE_FILE_BYTES_MAX)
    if len(body) <= PICTURE_BYTES_MAX:
        try:
            return clean_jpeg(body)
        except BadPictureError:
            pass  # another format, or too wide: it is made anew
    file = BytesFile(name=path.name, body=body)
    made = await world.screening.still(file, Sort.PICTURE, PICTURE_BYTES_MAX)
    return clean_jpeg(made)


async def picture_of(world: World, who: str) -> bytes:
    """Give a person's picture.

    Raises: NotFoundError when there is none inside their profile; as `people.resolve`.
    """
    key = await resolve(world, who)
    wanted = Filter(kinds=(kinds.PROFILE,), authors=(key,), limit=1)
    for record in await _records(world, wanted):
        try:
            found = jpeg_of(read_profile(record).picture)
        except BadRecordError:
            continue
        if found is not None:
            return found
    raise NotFoundError(nip19.npub(key))


async def report(world: World, what: str, why: Why, text: str = "", who: str = "") -> int:
    """Report a listing by its link, or a person; published for everybody to see.

    Gives how many records it names. Of a listing, those of `who` alone are named when given.
    Raises: NotFoundError, BadKeyError, BadLinkError, RefusedError.
    """
    words = text[:REPORT_CHARS_MAX]
    if what.startswith("magnet:"):
        records = await _listings(world, read_link(what).info_hash, who)
        for record in records:
            said = Report(about=record.id, whose=record.pubkey, why=why, text=words)
            await publish(world, kinds.REPORT, report_tags(said), words)
        return len(records)
    key = await resolve(world, what)
    await publish(world, kinds.REPORT, person_report_tags(key, why), words)
    return 1


async def _listings(world: World, info_hash: InfoHash, who: str) -> list[Record]:
    """Give one listing of each who publishes a torrent, one of one's own left out."""
    authors = (await resolve(world, who),) if who else None
    wanted = Filter(
        kinds=(kinds.LISTING,), authors=authors, tags=(("x", (info_hash,)),), limit=REPORTED_MAX
    )
    found: dict[PubKey, Record] = {}
    for record in await _records(world, wanted):
        if record.pubkey != world.signer.pubkey:
            found.setdefault(record.pubkey, record)
    if not found:
        raise NotFoundError(info_hash)
    return list(found.values())


async def _records(world: World, wanted: Filter) -> list[Record]:
    gathered = await ask_hubs(world, world.hubs.plan(), lambda _: [wanted], ASK_SECONDS)
    return standing(gathered.records.values())
