"""The one place where a stranger's event becomes a record, and where ours are signed.

The order of the checks is id, duplicate, signature: the reverse would answer yes to a forged body
that carries a known id. Source: NIP-01, BIP-340.
"""

from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256

from coincurve import PrivateKey, PublicKeyXOnly

from kkiri.base.errors import BadRecordError
from kkiri.base.types import EventId, Kind, PubKey, Signature, UnixTime
from kkiri.event.record import Event, Record, Tag, as_record, canonical


def event_id_of(event: Event) -> EventId:
    """Compute the id that the event's own fields have."""
    body = canonical(event.pubkey, event.created_at, event.kind, event.tags, event.content)
    return EventId(sha256(body).hexdigest())


def verify(event: Event, known: Callable[[EventId], bool] | None = None) -> Record | None:
    """Check id, then duplicate, then signature; None means that `known` has this very event.

    Raises: BadRecordError when the id or the signature is wrong.
    """
    if event_id_of(event) != event.id:
        raise BadRecordError("id")
    if known is not None and known(event.id):
        return None
    try:
        key = PublicKeyXOnly(bytes.fromhex(event.pubkey))
        good = key.verify(bytes.fromhex(event.sig), bytes.fromhex(event.id))
    except ValueError as error:
        raise BadRecordError("pubkey") from error
    if not good:
        raise BadRecordError("signature")
    return as_record(event)


def verified(event: Event) -> Record:
    """Check id and signature.

    Raises: BadRecordError.
    """
    record = verify(event)
    if record is None:  # only `known` makes it so
        raise BadRecordError("known")
    return record


class Verified:
    """What was verified lately, so that a record that several hubs send is checked once.

    Asked only after the id was recomputed; it keeps the signature too, as a forged one could
    come with a known id.
    """

    def __init__(self, records_max: int) -> None:
        self._seen: OrderedDict[EventId, Signature] = OrderedDict()
        self._records_max = records_max

    def __len__(self) -> int:
        return len(self._seen)

    def record(self, event: Event) -> Record:
        """Give the event as a record.

        Raises: BadRecordError.
        """
        record = verify(event, lambda event_id: self._seen.get(event_id) == event.sig)
        if record is not None:
            self._seen[event.id] = event.sig
            while len(self._seen) > self._records_max:
                self._seen.popitem(last=False)
        return record or as_record(event)


class Signer:
    """A secret key that signs; it never shows itself."""

    def __init__(self, secret: bytes) -> None:
        self._key = PrivateKey(secret)
        self.pubkey = PubKey(self._key.public_key.format(compressed=True)[1:].hex())

    def __repr__(self) -> str:
        return f"Signer({self.pubkey[:8]}…)"

    def sign(
        self,
        kind: Kind,
        tags: tuple[Tag, ...],
        content: str,
        created_at: UnixTime,
        aux: bytes = bytes(32),
    ) -> Record:
        """Sign one record; `aux` is 32 random bytes against side channels (BIP-340)."""
        body = canonical(self.pubkey, created_at, kind, tags, content)
        digest = sha256(body).digest()
        return Record(
            id=EventId(digest.hex()),
            pubkey=self.pubkey,
            created_at=created_at,
            kind=kind,
            tags=tags,
            content=content,
            sig=Signature(self._key.sign_schnorr(digest, aux).hex()),
        )
