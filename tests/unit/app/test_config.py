"""The settings: three sources, one order, and a clear sentence for what is not understood."""

import tomllib
from pathlib import Path

import pytest

from kkiri.app.config import Config, Value, first_toml, read, read_home
from kkiri.base.errors import BadConfigError
from kkiri.flows.world import Network

HOME = Path("/nowhere")


@pytest.mark.parametrize(
    ("toml", "environment", "flags", "wanted"),
    [
        ("", {}, {}, 0),
        ("port = 1", {}, {}, 1),
        ("port = 1", {"KKIRI_PORT": "2"}, {}, 2),
        ("port = 1", {"KKIRI_PORT": "2"}, {"port": "3"}, 3),
        ("port = 1", {}, {"port": 3}, 3),
        ("", {"KKIRI_PORT": "2"}, {}, 2),
        ("", {"PORT": "9", "KKIRI_HOME": "/x"}, {}, 0),
    ],
)
def test_flags_go_before_environment_before_toml_before_defaults(
    toml: str, environment: dict[str, str], flags: dict[str, Value], wanted: int
) -> None:
    assert read(HOME, flags, environment, toml).port == wanted


@pytest.mark.parametrize(
    ("toml", "environment", "flags", "named"),
    [
        ("prot = 1", {}, {}, "config.toml: 'prot'"),
        ("", {"KKIRI_NETWROK": "private"}, {}, "KKIRI_NETWROK"),
        ("", {}, {"colour": "red"}, "--colour"),
        ("upload_rate = 10", {}, {}, "config.toml: upload_rate: 10"),
        ("", {}, {"download_rate": "fast"}, "--download-rate"),
        ("port = 70000", {}, {}, "config.toml: port: 70000"),
        ("port = true", {}, {}, "config.toml: port: True"),
        ("port = 1.5", {}, {}, "config.toml: 'port'"),
        ("port = '１'", {}, {}, "config.toml"),
        ("network = 'secret'", {}, {}, "config.toml: network: 'secret'"),
        ("listen = 'nowhere'", {}, {}, "config.toml: listen: 'nowhere'"),
        ("", {"KKIRI_BOOTSTRAP": "http://a:1"}, {}, "KKIRI_BOOTSTRAP"),
        ("", {}, {"bootstrap": ["ws://a:1"] * 65}, "--bootstrap"),
        ("", {"KKIRI_DHT_BOOTSTRAP": "dht.example.org:6881"}, {}, "KKIRI_DHT_BOOTSTRAP"),
        ("", {}, {"dht_bootstrap": ["127.0.0.1:0"]}, "--dht-bootstrap"),
        ("", {"KKIRI_HUB_BYTES": "1"}, {}, "KKIRI_HUB_BYTES"),
        ("", {"KKIRI_LAN": "perhaps"}, {}, "KKIRI_LAN"),
        ("", {"KKIRI_LANG": "tlh"}, {}, "KKIRI_LANG"),
        ("[port]", {}, {}, "config.toml: 'port'"),
        ("port = ", {}, {}, "config.toml: "),
        ("a = " + "[" * 100_000, {}, {}, "config.toml"),
    ],
)
def test_what_is_not_understood_is_named_with_its_source(
    toml: str, environment: dict[str, str], flags: dict[str, Value], named: str
) -> None:
    with pytest.raises(BadConfigError) as refused:
        read(HOME, flags, environment, toml)
    assert named in str(refused.value)


def test_rates_are_read_as_people_write_them() -> None:
    config = read(HOME, {"upload_rate": "2M"}, {"KKIRI_DOWNLOAD_RATE": "500k"}, "")
    assert (config.upload_rate, config.download_rate) == (2 * 1024**2, 500 * 1024)
    assert read(HOME, {}, {}).upload_rate == 0


def test_the_network_decides_where_the_hub_listens() -> None:
    assert str(read(HOME, {}, {}).listen) == "0.0.0.0:0"
    private = read(HOME, {"network": "private"}, {})
    assert private.network is Network.PRIVATE
    assert str(private.listen) == "127.0.0.1:0"
    for far, listen in (("ws://127.0.0.1:7", "127.0.0.1:0"), ("ws://10.0.0.7:7", "0.0.0.0:0")):
        flags: dict[str, Value] = {"network": "private", "bootstrap": [far]}
        assert str(read(HOME, flags, {}).listen) == listen
    assert str(read(HOME, {"listen": "[::1]:7"}, {}).listen) == "[::1]:7"


def test_bootstrap_is_a_list_or_words() -> None:
    both = ("ws://127.0.0.1:7/", "ws://127.0.0.2:8/")
    for flags, environment in (
        ({"bootstrap": ["ws://127.0.0.1:7", "127.0.0.2:8"]}, {}),
        ({}, {"KKIRI_BOOTSTRAP": "ws://127.0.0.1:7, 127.0.0.2:8"}),
    ):
        found = read(HOME, flags, environment).bootstrap
        assert [url.rstrip("/") for url in found] == [url.rstrip("/") for url in both]


def test_a_new_home_keeps_what_its_first_start_was_told(tmp_path: Path) -> None:
    flags: dict[str, Value] = {
        "network": "private",
        "port": 8,
        "lan": False,
        "bootstrap": ["ws://127.0.0.1:7", 'wss://허브.example/"\\\n\x7f'],
        "advertise": "끼리 \U0001f600",
    }
    text = first_toml(flags)
    assert tomllib.loads(text) == flags
    flags |= {"bootstrap": ["ws://127.0.0.1:7"], "advertise": "ws://[2001:db8::1]:7"}
    (tmp_path / "config.toml").write_text(first_toml(flags), encoding="utf-8")
    again = read_home(tmp_path, {}, {})
    assert again == read(tmp_path, flags, {})
    assert again != Config(home=tmp_path, listen=again.listen)


def test_a_settings_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"port = '\xff'")
    with pytest.raises(BadConfigError):
        read_home(tmp_path, {}, {})
    (tmp_path / "config.toml").write_bytes(b"#" * 300_000)
    with pytest.raises(BadConfigError):
        read_home(tmp_path, {}, {})


def test_dht_nodes_are_numeric_addresses_from_all_three_sources() -> None:
    both = ["127.0.0.1:6881", "[::1]:1"]
    for config in (
        read(HOME, {"dht_bootstrap": [*both]}, {}),
        read(HOME, {}, {"KKIRI_DHT_BOOTSTRAP": ", ".join(both)}),
        read(HOME, {}, {}, f"dht_bootstrap = {both}"),
    ):
        assert [str(node) for node in config.dht_bootstrap] == both


@pytest.mark.parametrize(
    ("watched", "incoming", "refused"),
    [
        ("in", "in", True),
        ("in/./x/..", "in", True),
        ("in/below", "in", True),
        ("link", "in", True),
        ("home/incoming", "", True),
        ("home/incoming/below", "", True),
        ("in", "in/below", False),
        ("watched", "in", False),
        ("watched", "", False),
    ],
)
def test_a_torrent_that_came_with_a_torrent_is_not_fetched_by_itself(
    tmp_path: Path, watched: str, incoming: str, refused: bool
) -> None:
    (tmp_path / "in" / "x").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "in")
    flags: dict[str, Value] = {"watch_folder": str(tmp_path / watched)}
    if incoming:
        flags["incoming"] = str(tmp_path / incoming)
    if refused:
        with pytest.raises(BadConfigError, match="watch_folder"):
            read(tmp_path / "home", flags, {})
    else:
        assert read(tmp_path / "home", flags, {}).watch_folder == tmp_path / watched


def test_the_watched_folder_comes_from_all_three_sources_and_is_a_whole_path() -> None:
    for config in (
        read(HOME, {"watch_folder": "/mine/토렌트"}, {}),
        read(HOME, {}, {"KKIRI_WATCH_FOLDER": "/mine/토렌트"}),
        read(HOME, {}, {}, 'watch_folder = "/mine/토렌트"'),
    ):
        assert config.watch_folder == Path("/mine/토렌트")
    assert read(HOME, {}, {}).watch_folder is None
    with pytest.raises(BadConfigError, match="watch_folder"):
        read(HOME, {}, {}, 'watch_folder = "torrents"')
