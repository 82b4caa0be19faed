"""The settings on the page: all are there, say where they come from, and are kept when changed."""

from dataclasses import fields
from pathlib import Path

import pytest

from kkiri.adapters.system import make_private_dir
from kkiri.app.config import Config, Value, read_home
from kkiri.app.home import Home
from kkiri.app.settings import (
    CHOICES,
    SHOWN_ONLY,
    SORTS,
    SettingAnswer,
    SettingFixedError,
    Settings,
)
from kkiri.app.settings_words import WORDS
from kkiri.base.errors import BadConfigError, NotFoundError, UnsafeFolderError
from tests.fakes.engine import FakeEngine
from tests.fakes.state import FakeState

FOR_TESTS = frozenset({"hub_limits"})  # not for a person: it takes the limits off
NOT_SETTINGS = frozenset({"home", "said"})


class Seat:
    """A peer's settings with everything around them."""

    def __init__(
        self, home: Path, toml: str = "", flags: dict[str, Value] | None = None, **environment: str
    ) -> None:
        make_private_dir(home)
        self.home = Home(home)
        if toml:
            self.home.config.write_text(toml, encoding="utf-8")
        self.flags, self.environment = flags or {}, environment
        self.engine = FakeEngine()
        self.library = FakeState().library
        self.settings = Settings(self.config(), self.home, self.library, self.engine.swarms)

    def config(self) -> Config:
        return read_home(self.home.path, self.flags, self.environment)

    async def row(self, name: str) -> SettingAnswer:
        return next(one for one in await self.settings.rows() if one.name == name)

    @property
    def toml(self) -> str:
        return self.home.config.read_text(encoding="utf-8")


def test_every_setting_is_there_and_explains_itself() -> None:
    known = {field.name for field in fields(Config)}
    assert set(WORDS) == known - NOT_SETTINGS - FOR_TESTS
    assert set(SORTS) | set(CHOICES) | set(SHOWN_ONLY) <= set(WORDS)
    for name, words in WORDS.items():
        assert all(text and text == text.strip() for text in words), name
        for english, korean in (words[:2], words[2:]):
            assert not any("\uac00" <= char <= "\ud7a3" for char in english), name
            assert any("\uac00" <= char <= "\ud7a3" for char in korean), name


async def test_each_says_where_it_comes_from(tmp_path: Path) -> None:
    seat = Seat(
        tmp_path / "h",
        "port = 7000\nlan = false\n",
        {"network": "private", "torrent_port": 9},
        KKIRI_LANG="ko",
    )
    rows = {row.name: row for row in await seat.settings.rows()}
    assert {name: row.source for name, row in rows.items() if row.source} == {
        "port": "config.toml",
        "lan": "config.toml",
        "network": "--network",
        "torrent_port": "--torrent-port",
        "lang": "KKIRI_LANG",
    }
    fixed = {name for name, row in rows.items() if row.fixed}
    assert fixed == {*SHOWN_ONLY, "torrent_port", "lang"}
    assert (rows["lan"].value, rows["lan"].default) == ("off", "on")
    assert rows["incoming"].value == rows["incoming"].default == str(seat.home.incoming)
    assert rows["listen"].value == rows["listen"].default == "127.0.0.1:0"
    assert (rows["upload_rate"].amount, rows["port"].amount) == (0, None)
    for name in fixed:
        with pytest.raises(SettingFixedError):
            await seat.settings.change(name, "1")
    assert seat.toml == "port = 7000\nlan = false\n"


async def test_a_rate_holds_at_once_and_over_a_restart(tmp_path: Path) -> None:
    seat = Seat(tmp_path / "h", "# mine\nlan = true # near\n")
    row = await seat.settings.change("upload_rate", " 500k ")
    assert (row.value, row.amount, row.later, row.source) == ("500k", 512_000, None, "config.toml")
    assert seat.engine.swarms.rates == (512_000, 0)
    assert seat.toml == '# mine\nlan = true # near\nupload_rate = "500k"\n'
    assert seat.home.config.stat().st_mode & 0o777 == 0o600
    assert seat.config().upload_rate == 512_000
    await seat.settings.change("download_rate", "2M")
    assert seat.engine.swarms.rates == (512_000, 2 << 20)
    row = await seat.settings.change("upload_rate", "")
    assert (row.value, row.source) == ("0", "")
    assert seat.engine.swarms.rates == (0, 2 << 20)
    assert "upload_rate" not in seat.toml


async def test_another_waits_for_the_next_start(tmp_path: Path) -> None:
    seat = Seat(tmp_path / "h")
    row = await seat.settings.change("lan", "off")
    assert (row.value, row.later, row.live) == ("on", "off", False)
    row = await seat.settings.change("port", "8123")
    assert (row.value, row.later) == ("0", "8123")
    assert seat.toml == "lan = false\nport = 8123\n"
    row = await seat.settings.change("port", "0")
    assert row.later is None
    assert seat.engine.swarms.rates is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("upload_rate", "fast"),
        ("upload_rate", "5"),
        ("upload_rate", "-1"),
        ("download_rate", "9999999999999"),
        ("port", "70000"),
        ("port", "１２"),
        ("port", "9" * 300),
        ("lan", "perhaps"),
        ("lang", "tlh"),
        ("listen", "nowhere"),
        ("advertise", "ws://a b:1"),
        ("hub_bytes", "1k"),
        ("incoming", "downloads"),
        ("incoming", "/dev/null/x"),
    ],
)
async def test_a_bad_value_is_refused_and_nothing_is_written(
    tmp_path: Path, name: str, text: str
) -> None:
    seat = Seat(tmp_path / "h", "# as it was\n")
    with pytest.raises(BadConfigError) as refused:
        await seat.settings.change(name, text)
    assert name in refused.value.detail
    assert seat.toml == "# as it was\n"
    assert seat.engine.swarms.rates is None


async def test_a_name_that_is_no_setting(tmp_path: Path) -> None:
    seat = Seat(tmp_path / "h")
    for name in ("home", "said", "hub_limits", "colour", "__class__"):
        with pytest.raises(NotFoundError):
            await seat.settings.change(name, "1")


async def test_downloads_never_go_where_one_shares(tmp_path: Path) -> None:
    seat = Seat(tmp_path / "h")
    shared = tmp_path / "songs"
    (shared / "in").mkdir(parents=True)
    (tmp_path / "link").symlink_to(shared)
    seat.library.add_root(shared)
    for folder in (shared, shared / "in", tmp_path, tmp_path / "link", tmp_path / "link" / "new"):
        with pytest.raises(UnsafeFolderError):
            await seat.settings.change("incoming", str(folder))
    row = await seat.settings.change("incoming", str(tmp_path / "mine" / "내려받기"))
    assert row.later == str(tmp_path / "mine" / "내려받기")
    assert seat.config().incoming == tmp_path / "mine" / "내려받기"


async def test_a_file_broken_by_hand_is_told_not_overwritten(tmp_path: Path) -> None:
    seat = Seat(tmp_path / "h")
    seat.home.config.write_text("port = \n", encoding="utf-8")
    with pytest.raises(BadConfigError):
        await seat.settings.change("lan", "off")
    with pytest.raises(BadConfigError):
        await seat.settings.rows()
    assert seat.toml == "port = \n"
