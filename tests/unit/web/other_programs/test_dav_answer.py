"""What WebDAV asks, read with care; what it is told, whole and escaped."""

from xml.etree import ElementTree as XmlTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.types import Bytes, UnixTime
from kkiri.web.other_programs.dav_answer import (
    BadPropfindError,
    Entry,
    Wanted,
    href,
    multistatus,
    read_propfind,
    refused_depth,
)

DAV = "{DAV:}"
FILE = Entry(
    href="/dav/a", name="a", changed_at=UnixTime(1), size=Bytes(5), kind="audio/mpeg", etag='"x"'
)
BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(8))
    + ']><propfind xmlns="DAV:"><prop><i>&i;</i></prop></propfind>'
)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b"", Wanted()),
        (b"  \n", Wanted()),
        (b'<propfind xmlns="DAV:"><allprop/></propfind>', Wanted()),
        (b'<a:propfind xmlns:a="DAV:"><a:propname/></a:propfind>', Wanted(only_names=True)),
        (
            b'<propfind xmlns="DAV:"><prop><getetag/>'
            b'<x xmlns="urn:y"/><getetag/></prop></propfind>',
            Wanted(names=("{DAV:}getetag", "{urn:y}x")),
        ),
    ],
)
def test_questions_are_read(body: bytes, wanted: Wanted) -> None:
    assert read_propfind(body) == wanted


DOCTYPE = b'<!DOCTYPE x [<!ENTITY y "z">]><propfind xmlns="DAV:"><allprop/></propfind>'


@pytest.mark.parametrize(
    "body", [DOCTYPE, BOMB.encode(), b"<a>" * 20_000, b"\xff\xfe", b"x", b"<a/>"]
)
def test_p1_hostile_questions_are_refused(body: bytes) -> None:
    with pytest.raises(BadPropfindError):
        read_propfind(body)


@given(st.binary(max_size=300))
def test_p1_any_bytes_are_read_or_refused(body: bytes) -> None:
    for raw in (body, b'<propfind xmlns="DAV:">' + body + b"</propfind>"):
        try:
            read_propfind(raw)
        except BadPropfindError:
            continue


@given(st.text(max_size=50), st.integers(-(2**62), 2**62))
def test_any_name_and_time_is_told_as_text(name: str, moment: int) -> None:
    safe = name.encode(errors="replace").decode()
    entry = Entry(href=href([safe], folder=False), name=name, changed_at=UnixTime(moment))
    root = XmlTree.fromstring(multistatus([entry], Wanted()))
    (response,) = root
    assert [part.tag for part in response] == [f"{DAV}href", f"{DAV}propstat"]
    assert response.find(f".//{DAV}resourcetype/{DAV}collection") is not None


def test_what_is_unknown_is_told_so_and_the_rest_given() -> None:
    wanted = Wanted(names=("{DAV:}getcontentlength", "{urn:x}y", "plain"))
    root = XmlTree.fromstring(multistatus([FILE], wanted))
    told = {
        part.findtext(f"{DAV}status"): [one.tag for one in part.find(f"{DAV}prop") or ()]
        for part in root.iter(f"{DAV}propstat")
    }
    assert told == {
        "HTTP/1.1 200 OK": ["{DAV:}getcontentlength"],
        "HTTP/1.1 404 Not Found": ["{urn:x}y", "plain"],
    }


def test_places_are_escaped_and_folders_end_in_a_slash() -> None:
    assert href([], folder=True) == "/dav/"
    assert href(["a b", "바다", "50%?#/x"], folder=False) == (
        "/dav/a%20b/%EB%B0%94%EB%8B%A4/50%25%3F%23%2Fx"
    )
    assert href(["a"], folder=True) == "/dav/a/"
    assert XmlTree.fromstring(refused_depth())[0].tag == f"{DAV}propfind-finite-depth"
