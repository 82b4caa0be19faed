"""What a hub says of itself, and the proof that it holds the key it names.

The proof binds key, address and the asker's nonce, so a liar cannot hand on another hub's proof:
a hub signs only for addresses that are its own. Source: NIP-11; docs/protocol/hub.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from kkiri.base.errors import BadRecordError, HubUnprovedError
from kkiri.base.hexes import is_hex32
from kkiri.base.limits import (
    CREATED_AT_AHEAD_SECONDS_MAX,
    FILTER_LIMIT_MAX,
    MESSAGE_BYTES_MAX,
    RECORD_BYTES_MAX,
    SUB_ID_CHARS_MAX,
    TAGS_MAX,
)
from kkiri.base.types import HubUrl, PubKey, UnixTime
from kkiri.event.kinds import AUTH
from kkiri.event.record import Event, Record
from kkiri.event.verify import Signer, verified
from kkiri.hub.address import BadHubUrlError, hub_url

NONCE_HEADER = "X-Kkiri-Nonce"
NIPS = (1, 9, 11, 13, 40, 42, 45, 50, 62, 67, 70, 77)
DOCUMENT_BYTES_MAX = 64 * 1024  # real documents are below 4 kB
NAME_CHARS_MAX = 64  # shown to a person; NIP-11 wants fewer than 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a hub's document says, its proof checked."""

    proved: PubKey | None
    name: str
    software: str
    nips: frozenset[int]
    limit_max: int | None


def same_hub(one: str, other: str) -> bool:
    """Say whether two addresses are one hub: scheme, host, port and path, however written."""
    try:
        return hub_url(one) == hub_url(other)
    except BadHubUrlError:
        return False


def prove(signer: Signer, url: HubUrl, nonce: str, now: UnixTime, aux: bytes) -> Record:
    """Sign that we hold the key, at this address, for this nonce."""
    return signer.sign(AUTH, (("relay", url), ("challenge", nonce)), "", now, aux)


def check_proof(event: Event, url: HubUrl, nonce: str) -> PubKey:
    """Give the key that a proof proves.

    Raises: HubUnprovedError.
    """
    try:
        record = verified(event)
    except BadRecordError as error:
        raise HubUnprovedError(error.detail) from error
    if record.kind != AUTH or record.value("challenge") != nonce:
        raise HubUnprovedError("nonce")
    if not same_hub(record.value("relay") or "", url):
        raise HubUnprovedError("address")
    return record.pubkey


def document(
    *, name: str, key: PubKey, version: str, work_bits_min: int, proof: Record | None
) -> bytes:
    """Give the NIP-11 document."""
    plain: dict[str, object] = {
        "name": name,
        "description": "A kkiri hub: it keeps and answers signed records for everybody.",
        "self": key,
        "supported_nips": NIPS,
        "version": f"kkiri/{version}",
        "limitation": {
            "max_message_length": MESSAGE_BYTES_MAX,
            "max_subscriptions": 64,
            "max_limit": FILTER_LIMIT_MAX,
            "max_subid_length": SUB_ID_CHARS_MAX,
            "max_event_tags": TAGS_MAX,
            "max_content_length": RECORD_BYTES_MAX,
            "min_pow_difficulty": work_bits_min,
            "auth_required": False,
            "payment_required": False,
            "restricted_writes": False,
            "created_at_upper_limit": CREATED_AT_AHEAD_SECONDS_MAX,
            "default_limit": FILTER_LIMIT_MAX,
        },
    }
    if proof is not None:
        plain["proof"] = proof
    return msgspec.json.encode(plain)


def read_document(raw: bytes, url: HubUrl, nonce: str) -> Claim:
    """Read a hub's document and check its proof; fields of a wrong form count as absent.

    Raises: HubUnprovedError when it is no document, or a proof is there and wrong.
    """
    if len(raw) > DOCUMENT_BYTES_MAX:
        raise HubUnprovedError(f"{len(raw)} bytes")
    try:
        plain = msgspec.json.decode(raw, type=dict[str, object])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise HubUnprovedError("document") from error
    limitation = plain.get("limitation")
    limit = limitation.get("max_limit") if isinstance(limitation, Mapping) else None
    nips = plain.get("supported_nips")
    return Claim(
        proved=_proved(plain, url, nonce),
        name=_text(plain.get("name")),
        software=_text(plain.get("software")) or _text(plain.get("version")),
        nips=_nips(nips) if isinstance(nips, list) else frozenset(),
        limit_max=limit if type(limit) is int and limit > 0 else None,
    )


def claimed_key(raw: bytes) -> PubKey | None:
    """Give the key that a document names, unproved."""
    try:
        plain = msgspec.json.decode(raw, type=dict[str, object])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    key = plain.get("self")
    return PubKey(key) if isinstance(key, str) and is_hex32(key) else None


def _proved(plain: Mapping[str, object], url: HubUrl, nonce: str) -> PubKey | None:
    if "proof" not in plain:
        return None
    try:
        event = msgspec.convert(plain["proof"], Event)
    except msgspec.ValidationError as error:
        raise HubUnprovedError("proof") from error
    key = check_proof(event, url, nonce)
    if plain.get("self") != key:
        raise HubUnprovedError("self")
    return key


def _nips(items: Sequence[object]) -> frozenset[int]:
    return frozenset(item for item in items[:200] if type(item) is int)


def _text(value: object) -> str:
    return value[:NAME_CHARS_MAX] if isinstance(value, str) else ""


def is_nonce(text: str) -> bool:
    """Say whether a header's value is a nonce that we sign: 32 bytes in hex."""
    return is_hex32(text)
