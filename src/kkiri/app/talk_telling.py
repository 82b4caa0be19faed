"""The tasks of talk, and how open pages hear of it: topics `message` and `notice`."""

from collections.abc import Coroutine, Sequence
from functools import partial

from kkiri.app.peer import Peer
from kkiri.app.talks import ToldMessage, message_answer, notice_answer, spoken_answer
from kkiri.base.types import EventId, PubKey
from kkiri.chat.room import Spoken
from kkiri.flows.naming import notes_of
from kkiri.flows.people import persons
from kkiri.flows.talking.inbox import NewMessage, keep_inbox
from kkiri.flows.talking.notices import run_notices
from kkiri.flows.talking.outbox import deliver_talks
from kkiri.flows.world import World
from kkiri.ports.talks import KeptRoom, Notice
from kkiri.trust.petnames import SHORT_CHARS, Shown, shown_name


def talk_tasks(peer: Peer) -> Sequence[tuple[str, Coroutine[None, None, None]]]:
    """Give the tasks that talk needs."""
    world = peer.world
    return (
        ("inbox", keep_inbox(world, partial(_tell_new, peer))),
        ("outbox", deliver_talks(world, partial(_tell_further, peer))),
        ("rooms", peer.halls.keep(world, partial(_tell_spoken, peer))),
        ("notices", run_notices(world, partial(_tell_notice, peer))),
    )


def _tell_new(peer: Peer, new: NewMessage) -> None:
    _tell_message(peer, new.said.id)


def _tell_further(peer: Peer, message: EventId) -> None:
    _tell_message(peer, message)


def _tell_message(peer: Peer, message: EventId) -> None:
    world = peer.world
    found = world.talk.outbox.message(message)
    if found is None:
        return  # forgotten meanwhile
    me, kept = world.signer.pubkey, world.talk.talks.talk(found.talk)
    answer = message_answer(found, me, {found.author: _called(world, found.author)})
    quiet = found.author == me or kept is None or kept.muted or not kept.accepted
    peer.board.tell("message", ToldMessage(message=answer, muted=quiet))


def _tell_spoken(peer: Peer, room: KeptRoom, spoken: Spoken) -> None:
    me = peer.world.signer.pubkey
    answer = spoken_answer(spoken, me, _called(peer.world, spoken.author).name)
    quiet = room.muted or spoken.author == me
    peer.board.tell("message", ToldMessage(message=answer, muted=quiet))


async def _tell_notice(peer: Peer, notice: Notice) -> None:
    people = await persons(peer.world, [notice.who])
    peer.board.tell("notice", notice_answer(notice, people))


def _called(world: World, key: PubKey) -> Shown:
    """Give the name of one's own for a person; hubs are not asked for each word that is said."""
    note = notes_of(world).get(key)
    petname = note.petname if note is not None else ""
    return shown_name(key, petname, "", {}) if petname else Shown(name=key[:SHORT_CHARS], own=False)
