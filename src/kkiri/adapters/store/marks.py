"""Keyed hashes of tags and addresses: strangers cannot choose values that collide in the file."""

from hashlib import blake2b

from kkiri.base.types import EventId, PubKey
from kkiri.event import kinds
from kkiri.event.record import Event


class Marks:
    """Makes 63-bit numbers of what is looked up by value."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def _mark(self, text: str) -> int:
        digest = blake2b(text.encode("utf-8", "surrogatepass"), key=self._key, digest_size=8)
        return int.from_bytes(digest.digest(), "big") >> 1

    def tag(self, letter: str, value: str) -> int:
        """Mark a single-letter tag's first value."""
        return self._mark(f"{letter}:{value}")

    def address(self, address: str) -> int:
        """Mark the place of a replaceable record."""
        return self._mark(f"@@:{address}")

    def deleted_id(self, author: PubKey, event_id: EventId) -> int:
        """Mark an id that its author has deleted."""
        return self._mark(f"de:{author}{event_id}")

    def deleted_address(self, address: str) -> int:
        """Mark an address whose versions up to a time are deleted."""
        return self._mark(f"da:{address}")

    def vanished(self, author: PubKey) -> int:
        """Mark a person who asked to be forgotten up to a time."""
        return self._mark(f"va:{author}")

    def floor(self, address: str) -> int:
        """Mark the newest version ever seen of an address whose newest is not kept."""
        return self._mark(f"fl:{address}")

    def gone(self, event_id: EventId) -> int:
        """Mark an id that was here and was deleted."""
        return self._mark(f"go:{event_id}")

    def form(self, text: str) -> int:
        """Mark a word's form with a key left out; 47 bits, as a wrong hit is seen at once."""
        return self._mark(f"fo:{text}") >> 16

    def of_event(self, event: Event) -> set[int]:
        """Give the marks under which an event is found: its single-letter tags and its address."""
        found = {
            self.tag(tag[0], tag[1])
            for tag in event.tags
            if len(tag) > 1 and len(tag[0]) == 1 and tag[0].isascii() and tag[0].isalpha()
        }
        address = kinds.address_of(event)
        if address is not None:
            found.add(self.address(address))
        return found
