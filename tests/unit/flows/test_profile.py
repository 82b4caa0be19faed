"""Who one is: fields of other programs stay, pictures are inside or none; reports."""

import msgspec
import pytest

from kkiri.base.errors import NotFoundError
from kkiri.base.types import Seq
from kkiri.event import kinds
from kkiri.event.comment import Why, read_report
from kkiri.event.picture import clean_jpeg, data_url
from kkiri.event.profile import read_profile
from kkiri.event.record import Record
from kkiri.flows import people, profile
from tests.fakes.network import (
    FakeHub,
    FakeNetwork,
    FakePeer,
    keeping,
    listing_record,
    signer,
    until,
    urls,
    virtual,
)
from tests.unit.event.test_picture import jpeg

A, B = (f"ws://127.1.0.{n}:4848" for n in (1, 2))
ANN, EVE = signer(21), signer(66)


def met(network: FakeNetwork) -> tuple[FakePeer, FakeHub]:
    one = network.hub(A, 11)
    network.hub(B, 12)
    return network.peer(1, bootstrap=[A, B]), one


async def ready(peer: FakePeer) -> None:
    await until(lambda: len(urls(peer)) == 3)


def journalled(peer: FakePeer, kind: int) -> list[Record]:
    return [r for _, r in peer.state.journal.after(Seq(0), 999) if r.kind == kind]


@virtual
async def test_what_other_programs_wrote_stays(network: FakeNetwork) -> None:
    peer, one = met(network)
    before = (
        '{"name":"옛 이름","about":"옛말","lud16":"a@b","bot":false,"picture":"https://x/y.jpg"}'
    )
    one.put(peer.signer.sign(kinds.PROFILE, (("i", "github:x"),), before, network.clock.now()))
    async with keeping(peer):
        await ready(peer)
        await profile.set_profile(peer.world, name="새 이름")
        (said,) = journalled(peer, kinds.PROFILE)
        plain = msgspec.json.decode(said.content)
        assert plain == {
            "name": "새 이름",
            "about": "옛말",
            "lud16": "a@b",
            "bot": False,
            "picture": "https://x/y.jpg",
        }
        assert said.tags == (("i", "github:x"),)
        peer.own.put(said)
        await profile.set_profile(peer.world, about="", picture=jpeg())
        said = journalled(peer, kinds.PROFILE)[-1]
        plain = msgspec.json.decode(said.content)
        assert plain["picture"] == data_url(jpeg()) and "about" not in plain
        assert read_profile(said).picture == data_url(jpeg())
        peer.own.put(said)
        assert (await profile.own_profile(peer.world)).name == "새 이름"
        await profile.set_profile(peer.world, picture=b"")
        assert "picture" not in msgspec.json.decode(journalled(peer, kinds.PROFILE)[-1].content)


@virtual
async def test_a_picture_is_inside_the_profile_or_none(network: FakeNetwork) -> None:
    peer, one = met(network)
    now = network.clock.now()
    inside = msgspec.json.encode({"name": "Ann", "picture": data_url(jpeg())}).decode()
    one.put(ANN.sign(kinds.PROFILE, (), inside, now))
    outside = '{"name":"Eve","picture":"http://127.0.0.1:1/spy.jpg"}'
    one.put(EVE.sign(kinds.PROFILE, (), outside, now))
    async with keeping(peer):
        await ready(peer)
        assert await profile.picture_of(peer.world, ANN.pubkey) == clean_jpeg(jpeg())
        for who in (EVE, signer(5)):
            with pytest.raises(NotFoundError):
                await profile.picture_of(peer.world, who.pubkey)


@virtual
async def test_a_follow_list_made_elsewhere_keeps_all_that_is_in_it(network: FakeNetwork) -> None:
    peer, one = met(network)
    tags = (("p", ANN.pubkey, "wss://relay", "앤"), ("t", "music"), ("p", "bad"))
    content = '{"wss://relay":{"read":true}}'
    one.put(peer.signer.sign(kinds.FOLLOWS, tags, content, network.clock.now()))
    async with keeping(peer):
        await ready(peer)
        await people.follow(peer.world, EVE.pubkey)
        (said,) = journalled(peer, kinds.FOLLOWS)
        assert said.tags == (*tags, ("p", EVE.pubkey, "", ""))
        assert said.content == content
        peer.own.put(said)
        await people.follow(peer.world, ANN.pubkey, on=False)
        said = journalled(peer, kinds.FOLLOWS)[-1]
        assert said.tags == (*tags[1:], ("p", EVE.pubkey, "", ""))


@virtual
async def test_a_listing_or_a_person_is_reported(network: FakeNetwork) -> None:
    peer, one = met(network)
    now = network.clock.now()
    hashed = "ab" * 20
    fakes = [listing_record(who, "가짜", now - 5, info_hash=hashed) for who in (ANN, EVE)]
    one.put(*fakes)
    link = f"magnet:?xt=urn:btih:{hashed}"
    async with keeping(peer):
        await ready(peer)
        assert await profile.report(peer.world, link, Why.MALWARE, "바이러스") == 2
        assert await profile.report(peer.world, link, Why.SPAM, who=EVE.pubkey) == 1
        said = [read_report(record) for record in journalled(peer, kinds.REPORT)]
        assert {(r.about, r.whose, r.why, r.text) for r in said[:2]} == {
            (fake.id, fake.pubkey, Why.MALWARE, "바이러스") for fake in fakes
        }
        assert (said[2].whose, said[2].why) == (EVE.pubkey, Why.SPAM)
        await profile.report(peer.world, EVE.pubkey, Why.IMPERSONATION)
        last = journalled(peer, kinds.REPORT)[-1]
        assert last.tags == (("p", EVE.pubkey, "impersonation"),)
        with pytest.raises(NotFoundError):
            await profile.report(peer.world, "magnet:?xt=urn:btih:" + "cd" * 20, Why.SPAM)
