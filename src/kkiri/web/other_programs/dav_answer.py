"""What WebDAV asks and is told, as XML: a PROPFIND read with care, a multistatus written.

Source: RFC 4918, class 1, for reading. A stranger's XML is read by defusedxml: no entity, no DTD.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import formatdate
from urllib.parse import quote
from xml.etree import ElementTree as XmlTree

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from kkiri.base.errors import RemoteError
from kkiri.base.types import Bytes, UnixTime
from kkiri.web.other_programs.subsonic_answer import fit

DAV_NS = "DAV:"
XML_TYPE = "application/xml; charset=utf-8"
NAMES_MAX = 100  # properties asked for at once; there are about thirty in all
YEAR_END = 253_402_300_799  # the last second of the year 9999, which dates can say


class BadPropfindError(RemoteError):
    """That question for properties was not understood. | 알아듣지 못한 속성 요청입니다."""

    number = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which properties are asked for."""

    names: tuple[str, ...] | None = None
    """None for all; written as `{namespace}name`."""
    only_names: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One folder or file as it is told."""

    href: str
    name: str
    changed_at: UnixTime
    size: Bytes | None = None
    """None for a folder."""
    kind: str = ""
    etag: str = ""


def href(parts: Sequence[str], *, folder: bool) -> str:
    """Write where something stands; a folder's ends in `/`."""
    path = "/dav/" + "/".join(quote(part, safe="") for part in parts)
    return path + "/" if folder and parts else path


def read_propfind(body: bytes) -> Wanted:
    """Read the body of a PROPFIND; an empty one asks for everything.

    Raises: BadPropfindError.
    """
    if not body.strip():
        return Wanted()
    try:
        root = fromstring(body, forbid_dtd=True)
    except (XmlTree.ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise BadPropfindError from error
    if root.tag != f"{{{DAV_NS}}}propfind":
        raise BadPropfindError
    for part in root:
        tag = str(part.tag)
        if tag == f"{{{DAV_NS}}}allprop":
            return Wanted()
        if tag == f"{{{DAV_NS}}}propname":
            return Wanted(only_names=True)
        if tag == f"{{{DAV_NS}}}prop":
            names = tuple(dict.fromkeys(str(one.tag) for one in part))
            if len(names) > NAMES_MAX:
                raise BadPropfindError
            return Wanted(names=names)
    raise BadPropfindError


def multistatus(entries: Iterable[Entry], wanted: Wanted) -> bytes:
    """Write what is told of folders and files."""
    root = XmlTree.Element("D:multistatus", {"xmlns:D": DAV_NS})
    for entry in entries:
        response = XmlTree.SubElement(root, "D:response")
        XmlTree.SubElement(response, "D:href").text = entry.href
        known = _properties(entry)
        names = known.keys() if wanted.names is None else wanted.names
        found = [name for name in names if name in known]
        missing = [name for name in names if name not in known]
        if found or not missing:
            told = {name: None if wanted.only_names else known[name] for name in found}
            _propstat(response, told, "HTTP/1.1 200 OK")
        if missing:
            _propstat(response, dict.fromkeys(missing), "HTTP/1.1 404 Not Found")
    return _bytes(root)


def refused_depth() -> bytes:
    """Write why a question without end is refused. Source: RFC 4918, 9.1.1."""
    root = XmlTree.Element("D:error", {"xmlns:D": DAV_NS})
    XmlTree.SubElement(root, "D:propfind-finite-depth")
    return _bytes(root)


def _properties(entry: Entry) -> Mapping[str, str | XmlTree.Element | None]:
    folder = entry.size is None
    moment = min(max(0, entry.changed_at), YEAR_END)
    created = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    told: dict[str, str | XmlTree.Element | None] = {
        "resourcetype": XmlTree.Element("D:collection") if folder else None,
        "displayname": fit(entry.name),
        "getlastmodified": formatdate(moment, usegmt=True),
        "creationdate": created,
        "supportedlock": None,
    }
    if not folder:
        told |= {
            "getcontentlength": str(entry.size),
            "getcontenttype": entry.kind,
            "getetag": entry.etag,
        }
    return {f"{{{DAV_NS}}}{name}": value for name, value in told.items()}


def _propstat(
    response: XmlTree.Element, told: Mapping[str, str | XmlTree.Element | None], status: str
) -> None:
    propstat = XmlTree.SubElement(response, "D:propstat")
    prop = XmlTree.SubElement(propstat, "D:prop")
    for name, value in told.items():
        one = XmlTree.SubElement(prop, name.replace(f"{{{DAV_NS}}}", "D:", 1))
        if isinstance(value, str):
            one.text = value
        elif value is not None:
            one.append(value)
    XmlTree.SubElement(propstat, "D:status").text = status


def _bytes(root: XmlTree.Element) -> bytes:
    body: bytes = XmlTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body
