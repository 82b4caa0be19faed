"""Listings for tests of the store: small, signed, each different."""

from collections.abc import Sequence

from kkiri.base.types import Kind, UnixTime
from kkiri.event.record import Record
from kkiri.event.verify import Signer

ANN, BOB, CY = (Signer(bytes([number]) * 32) for number in (1, 2, 3))
NOW = UnixTime(1_700_000_000)


def note(number: int, *, at: int = NOW, by: Signer = ANN) -> Record:
    """Give a note of about 1 kB that does not compress well."""
    noise = "".join(
        chr(0xAC00 + (number * 7_919 + 13 * n * n + 577 * n) % 11_172) for n in range(300)
    )
    return by.sign(Kind(1), (), f"note {number} {noise}", UnixTime(at))


def listing(
    title: str,
    *,
    files: Sequence[tuple[str, int]] = (),
    info_hash: str = "ab" * 20,
    at: int = NOW,
    by: Signer = ANN,
    more: Sequence[tuple[str, ...]] = (),
    content: str = "",
) -> Record:
    tags = [("title", title), ("x", info_hash), ("t", "music")]
    tags += [("file", name, str(size)) for name, size in files]
    return by.sign(Kind(2003), (*tags, *more), content, UnixTime(at))


def deletion(*records: Record, at: int = NOW, by: Signer = ANN) -> Record:
    return by.sign(Kind(5), tuple(("e", record.id) for record in records), "", UnixTime(at))
