"""Rumors into seals into gift wraps, and back; what a hub sees of it is size, receiver and hour.

Source: NIP-59, NIP-17; SAFETY N6: sizes padded by NIP-44, both times up to two days back.
"""

import msgspec

from kkiri.base.errors import BadRecordError
from kkiri.base.types import PubKey, UnixTime
from kkiri.chat import rumor as rumors
from kkiri.chat.rumor import Rumor
from kkiri.event import kinds
from kkiri.event.record import Event, Record, decode, encode
from kkiri.event.verify import verified
from kkiri.flows.world import World

BACK_SECONDS_MAX = 2 * 86_400  # NIP-59: both times lie up to two days back
SEAL_BYTES_MAX = 65_535  # NIP-44: what one payload can hold


def wrap(world: World, rumor: Rumor, to: PubKey) -> Record:
    """Seal a rumor with this person's key and wrap it for one person; 1 ms.

    Raises: BadRecordError, BadSealError when the key is none.
    """
    body = world.sealing.seal(rumors.write(rumor), to)
    aux = world.chance.randbytes(32)
    seal = world.signer.sign(kinds.SEAL, (), body, _earlier(world), aux)
    return world.sealing.wrap(encode(seal).decode(), to, _earlier(world))


def unwrap(world: World, record: Record) -> Rumor:
    """Open a gift wrap that is for this person; 1 ms.

    Raises: BadRecordError, BadSealError.
    """
    if record.kind != kinds.GIFT_WRAP or record.value("p") != world.signer.pubkey:
        raise BadRecordError("not for us")
    seal = _seal(world.sealing.unseal(record.content, record.pubkey))
    if seal.kind != kinds.SEAL or seal.tags:
        raise BadRecordError("seal")
    verified(seal)
    return rumors.read(world.sealing.unseal(seal.content, seal.pubkey), seal.pubkey)


def _seal(text: str) -> Event:
    try:
        return decode(text.encode("utf-8"), bytes_max=SEAL_BYTES_MAX)
    except (UnicodeError, msgspec.MsgspecError) as error:
        raise BadRecordError("seal") from error


def _earlier(world: World) -> UnixTime:
    return UnixTime(world.clock.now() - world.chance.randrange(0, BACK_SECONDS_MAX))
