"""Subtitles shared by themselves: found by the film's name, whoever's they are, and told apart."""

from kkiri.base.types import Bytes, InfoHash, UnixTime
from kkiri.event import kinds
from kkiri.event.listing import ListedFile, Listing, Sort
from kkiri.event.listing_tags import to_records_tags
from kkiri.event.record import Record
from kkiri.event.verify import Signer
from kkiri.flows.playing.captions import TEXT_BYTES_MAX, captions_elsewhere
from tests.fakes.network import FakeNetwork, keeping, signer, until, urls, virtual

A = "ws://127.1.0.1:4848"
FILM = "f0" * 20
ANN, EVE = signer(21), signer(66)


def listed(who: Signer, name: str, at: int, info_hash: str, size: int = 1_000) -> Record:
    """Sign a listing of one file directly in a shared folder."""
    listing = Listing(
        title=name,
        info_hash=InfoHash(info_hash),
        sort=Sort.OTHER,
        size=Bytes(size),
        files=(ListedFile(path=name, size=Bytes(size)),),
    )
    ((tags, content),) = to_records_tags(listing)
    return who.sign(kinds.LISTING, tags, content, UnixTime(at))


@virtual
async def test_only_texts_of_that_name_are_subtitles_of_a_film(network: FakeNetwork) -> None:
    hub, now = network.hub(A, 11), network.clock.now()
    hub.put(
        listed(ANN, "겨울 바다 (2019).mkv", now, FILM, 9_000_000),
        listed(EVE, "겨울 바다 (2019).en.srt", now, "01" * 20),
        listed(ANN, "겨울 바다 (2019).smi", now, "02" * 20),
        listed(EVE, "겨울 바다 (2019) 감독판.ass", now, "03" * 20, TEXT_BYTES_MAX + 1),
        listed(EVE, "여름 겨울 바다 (2019).smi", now, "04" * 20),
        listed(EVE, "겨울 바다 (2019).txt", now, "05" * 20),
    )
    peer = network.peer(7, bootstrap=[A])
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 2)
        found = await captions_elsewhere(peer.world, "겨울 바다 (2019).mkv", InfoHash(FILM))
        nothing = await captions_elsewhere(peer.world, "().mkv", InfoHash(FILM))
    assert [(one.beside.name, one.beside.language, one.own) for one in found] == [
        ("겨울 바다 (2019).smi", "", True),
        ("겨울 바다 (2019).en.srt", "en", False),
    ]
    assert nothing == []
