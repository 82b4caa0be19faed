"""WebDAV with independent clients: rclone, cadaver and webdav4, Korean names, files that arrive."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree as XmlTree

import httpx
import pytest
from webdav4.client import Client, ClientError, HTTPError

from tests.e2e.peers import until
from tests.e2e.stocked import ALBUM, BOOK, FILM, Program, Stocked, stocked

DAV = "{DAV:}"
SHELF = "나의 서재"
RUN_SECONDS_MAX = 120.0  # rclone starts slowly on a busy machine
BIG_BYTES = 3_000_000


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stocked]:
    with stocked(tmp_path_factory.mktemp("dav")) as made:
        yield made


def _run(argv: list[str], home: Path, text: str = "", **environment: str) -> str:
    done = subprocess.run(
        argv,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_SECONDS_MAX,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8", **environment},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _rclone(program: Program, home: Path, *words: str) -> str:
    hidden = _run(["rclone", "obscure", "-"], home, program.password).strip()
    return _run(
        ["rclone", "--config", str(home / "none.conf"), *words],
        home,
        RCLONE_CONFIG_KKIRI_TYPE="webdav",
        RCLONE_CONFIG_KKIRI_URL=f"{program.page}/dav",
        RCLONE_CONFIG_KKIRI_VENDOR="other",
        RCLONE_CONFIG_KKIRI_USER="me",
        RCLONE_CONFIG_KKIRI_PASS=hidden,
    )


def test_rclone_copies_the_library_byte_for_byte(house: Stocked, tmp_path: Path) -> None:
    listed = _rclone(house.here, tmp_path, "lsf", "-R", "kkiri:library").splitlines()
    assert f"{SHELF}/{ALBUM}/01 노래 1.mp3" in listed
    assert {f"{SHELF}/{FILM}", f"{SHELF}/{BOOK}", f"{SHELF}/{ALBUM}/"} <= set(listed)
    _rclone(house.here, tmp_path, "copy", f"kkiri:library/{SHELF}", str(tmp_path / "copy"))
    files = [path for path in house.library.rglob("*") if path.is_file()]
    assert len(files) == 7
    for path in files:
        copied = tmp_path / "copy" / path.relative_to(house.library)
        assert copied.read_bytes() == path.read_bytes()
    whole = f"kkiri:library/{SHELF}"
    _rclone(house.here, tmp_path, "check", "--download", str(house.library), whole)


def test_rclone_may_not_write(house: Stocked, tmp_path: Path) -> None:
    (tmp_path / "new.txt").write_text("새 글")
    for words in (
        ["copy", str(tmp_path / "new.txt"), f"kkiri:library/{SHELF}"],
        ["deletefile", f"kkiri:library/{SHELF}/{BOOK}"],
        ["moveto", f"kkiri:library/{SHELF}/{BOOK}", f"kkiri:library/{SHELF}/b.epub"],
    ):
        with pytest.raises(AssertionError, match="(?i)405|not allowed|can't|failed"):
            _rclone(house.here, tmp_path, "--retries", "1", "--low-level-retries", "1", *words)
    assert (house.library / BOOK).exists()
    assert not (house.library / "new.txt").exists()


def test_cadaver_walks_and_gets(house: Stocked, tmp_path: Path) -> None:
    machine = f"machine 127.0.0.1 login me password {house.here.password}\n"
    (tmp_path / ".netrc").write_text(machine)
    (tmp_path / ".netrc").chmod(0o600)
    words = f'ls\ncd library\ncd "{SHELF}"\nls\nget {FILM} {tmp_path / "film.mkv"}\nput x\nquit\n'
    (tmp_path / "x").write_text("x")
    said = _run(["cadaver", f"{house.here.page}/dav/"], tmp_path, words)
    assert "library" in said
    assert FILM in said
    assert (tmp_path / "film.mkv").read_bytes() == (house.library / FILM).read_bytes()
    assert not (house.library / "x").exists()


@contextmanager
def _connected(program: Program, password: str) -> Iterator[Client]:
    with httpx.Client(auth=("me", password), timeout=RUN_SECONDS_MAX) as http:
        yield Client(f"{program.page}/dav", http_client=http)


def test_webdav4_reads_and_is_refused(house: Stocked) -> None:
    with _connected(house.here, house.here.password) as link:
        names = {one["name"]: one for one in link.ls(f"library/{SHELF}")}
        assert names[f"library/{SHELF}/{ALBUM}"]["type"] == "directory"
        film = names[f"library/{SHELF}/{FILM}"]
        path = house.library / FILM
        assert film["content_length"] == path.stat().st_size
        assert int(film["modified"].timestamp()) == int(path.stat().st_mtime)
        assert film["content_type"] == "video/x-matroska"
        with link.open(f"library/{SHELF}/{FILM}", "rb") as file:
            file.seek(1_000)
            assert file.read(50) == path.read_bytes()[1_000:1_050]
        assert link.exists(f"library/{SHELF}/{BOOK}")
        assert not link.exists("library/nothing")
        for refused in (
            lambda: link.mkdir("library/new"),
            lambda: link.remove(f"library/{SHELF}/{BOOK}"),
            lambda: link.move(f"library/{SHELF}/{BOOK}", f"library/{SHELF}/b.epub"),
        ):
            with pytest.raises(ClientError):
                refused()
        assert link.exists(f"library/{SHELF}/{BOOK}")
        assert not link.exists("library/new")
    with (
        _connected(house.here, "wrong") as stranger,
        pytest.raises(HTTPError, match="401"),
    ):
        stranger.ls("library")


def _propfind(
    house: Stocked, path: str, depth: str = "1", body: bytes = b""
) -> tuple[int, dict[str, str], bytes]:
    headers = house.here.basic | {"Depth": depth}
    return house.here.ask("PROPFIND", path, body, headers)


@pytest.mark.parametrize("depth", ["infinity", "", "2", "-1", "1,noroot", "x" * 5_000])
def test_a_question_without_end_is_refused(house: Stocked, depth: str) -> None:
    status, _, body = _propfind(house, "/dav/", depth)
    assert status == 403
    assert XmlTree.fromstring(body)[0].tag == f"{DAV}propfind-finite-depth"
    assert house.here.ask("PROPFIND", "/dav/", b"", house.here.basic)[0] == 403


def test_only_what_is_asked_is_told(house: Stocked) -> None:
    asked = (
        b'<a:propfind xmlns:a="DAV:"><a:prop><a:getcontentlength/><a:resourcetype/>'
        b'<x:other xmlns:x="urn:x"/><none xmlns=""/></a:prop></a:propfind>'
    )
    status, _, body = _propfind(house, f"/dav/library/{quote(SHELF)}/{FILM}", "0", asked)
    assert status == 207
    (response,) = XmlTree.fromstring(body)
    told = {}
    for propstat in response.iter(f"{DAV}propstat"):
        names = [one.tag for one in propstat.find(f"{DAV}prop") or ()]
        told[propstat.findtext(f"{DAV}status")] = names
    assert told == {
        "HTTP/1.1 200 OK": [f"{DAV}getcontentlength", f"{DAV}resourcetype"],
        "HTTP/1.1 404 Not Found": ["{urn:x}other", "none"],
    }
    names = b'<propfind xmlns="DAV:"><propname/></propfind>'
    _, _, body = _propfind(house, "/dav/", "0", names)
    assert all(one.text is None for one in XmlTree.fromstring(body).iter(f"{DAV}displayname"))


@pytest.mark.parametrize(
    "body",
    [
        b"<",
        b"no xml",
        b"<a/>",
        b'<propfind xmlns="DAV:"/>',
        b'<!DOCTYPE a [<!ENTITY x "y">]><propfind xmlns="DAV:"><prop/></propfind>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><propfind xmlns="DAV:"><prop/></propfind>',
        b'<?xml version="1.0" encoding="nonsense"?><propfind xmlns="DAV:"><allprop/></propfind>',
        b"<a>" * 20_000,
        b'<propfind xmlns="DAV:"><prop>'
        + b"".join(b"<p%d/>" % n for n in range(200))
        + b"</prop></propfind>",
        b"<a>\x00</a>",
        "<a/>".encode("utf-16"),
    ],
)
def test_a_hostile_question_is_refused(house: Stocked, body: bytes) -> None:
    status, _, said = _propfind(house, "/dav/", "0", body)
    assert status == 400
    assert b"root:" not in said


@pytest.mark.parametrize(
    "path",
    [
        "/dav/nothing",
        "/dav/library/../../../etc/passwd",
        "/dav/%2e%2e/%2e%2e/etc/passwd",
        "/dav/library/%00",
        "/dav/library/%ff%fe",
        "/dav/" + "x/" * 2_000,
        "/dav/library/" + quote(SHELF) + "/" + quote(BOOK) + "/below",
    ],
)
def test_what_is_not_there_is_not_found(house: Stocked, path: str) -> None:
    for method in ("GET", "PROPFIND"):
        status, _, body = house.here.ask(method, path, b"", house.here.basic | {"Depth": "0"})
        assert status in {404, 422}, body
        assert b"root:" not in body


def test_nothing_that_runs_is_shown_in_a_browser(house: Stocked) -> None:
    shelf = f"/dav/library/{quote(SHELF)}"
    _, head, _ = house.here.ask("GET", f"{shelf}/{quote(BOOK)}", b"", house.here.basic)
    assert head["content-disposition"].startswith("attachment;")
    assert head["content-type"] == "application/octet-stream"
    assert "default-src 'none'" in head["content-security-policy"]
    _, head, names = house.here.ask("GET", f"{shelf}/", b"", house.here.basic)
    assert head["content-type"].startswith("text/plain")
    assert FILM in names.decode()


def test_a_download_is_read_while_it_arrives(house: Stocked) -> None:
    big = house.library / "film.mp4"
    big.write_bytes(os.urandom(BIG_BYTES))
    found = until(lambda: _find(house, "film sort:film"), 120)
    house.two.stop()
    house.two.up("--download-rate", "300k")
    there = Program(house.two)
    there.token = house.there.token
    assert house.two.do("get", found["link"]).code == 0
    whole = big.read_bytes()

    def shown() -> bool:
        asked = there.basic | {"Depth": "1"}
        return b"film.mp4" in there.ask("PROPFIND", "/dav/downloads", b"", asked)[2]

    until(shown, 60)
    last = {"Range": f"bytes={BIG_BYTES - 1_000}-"}
    status, head, body = there.ask("GET", "/dav/downloads/film.mp4", b"", there.basic | last)
    assert (status, body) == (206, whole[-1_000:])
    assert head["content-type"] == "video/mp4"
    (transfer,) = there.api("GET", "/api/transfers")
    assert not transfer["finished"]
    assert transfer["done"] < BIG_BYTES
    begin = {"If-Range": head["etag"], "Range": "bytes=0-999"}
    status, _, body = there.ask("GET", "/dav/downloads/film.mp4", b"", there.basic | begin)
    assert (status, body) == (206, whole[:1_000])
    assert there.ask("GET", "/dav/downloads/film.mp4", b"", there.basic)[2] == whole


def _find(house: Stocked, words: str) -> dict[str, str] | None:
    found = house.two.do("find", words, "--json").lines
    return next((one for one in found if one["size"] == BIG_BYTES), None)
