"""How Torznab and RSS are answered: capabilities, feeds, errors; written by a library, as XML.

Source: Torznab 1.3 draft, Newznab API; RSS 2.0; the order and case of names as Sonarr reads them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from xml.etree import ElementTree as XmlTree

from kkiri import __version__
from kkiri.flows.finds import Found
from kkiri.web.other_programs.categories import CATEGORIES, categories_of, name_of
from kkiri.web.other_programs.subsonic_answer import fit

TORZNAB_NS = "http://torznab.com/schemas/2015/feed"
NEWZNAB_NS = "http://www.newznab.com/DTD/2010/feeds/attributes/"
PERSON_NS = "http://purl.org/dc/elements/1.1/"
PAGE_MAX = 100  # items in one answer; as many as common indexers give
TORRENT_TYPE = "application/x-bittorrent"
MAGNET_TYPE = "application/x-bittorrent;x-scheme-handler/magnet"
WRONG_KEY = (100, "Incorrect user credentials: `kkiri other-programs` shows the right apikey")
SEARCHES: Mapping[str, tuple[str, ...]] = {
    "search": ("q",),
    "tv-search": ("q", "season", "ep", "imdbid"),
    "movie-search": ("q", "imdbid"),
    "music-search": ("q", "artist", "album"),
    "audio-search": ("q", "artist", "album"),
    "book-search": ("q", "author", "title"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A list of finds and what it is called."""

    title: str
    link: str
    """Where a person looks."""
    about: str
    found: Sequence[Found]
    offset: int = 0
    total: int | None = None
    """Only Torznab tells how many there are in all."""


def torznab_error(code: int, description: str) -> bytes:
    """Write an error."""
    return _bytes(XmlTree.Element("error", {"code": str(code), "description": fit(description)}))


def capabilities(page: str) -> bytes:
    """Write what can be searched, and how."""
    caps = XmlTree.Element("caps")
    XmlTree.SubElement(
        caps,
        "server",
        {"version": "1.0", "appversion": __version__, "title": "kkiri", "url": page},
    )
    XmlTree.SubElement(caps, "limits", {"max": str(PAGE_MAX), "default": str(PAGE_MAX)})
    XmlTree.SubElement(caps, "registration", {"available": "no", "open": "no"})
    searching = XmlTree.SubElement(caps, "searching")
    for name, fields in SEARCHES.items():
        told = {"available": "yes", "supportedParams": ",".join(fields)}
        XmlTree.SubElement(searching, name, told)
    categories = XmlTree.SubElement(caps, "categories")
    for number, (name, below) in CATEGORIES.items():
        category = XmlTree.SubElement(categories, "category", {"id": str(number), "name": name})
        for sub, sub_name in below.items():
            XmlTree.SubElement(category, "subcat", {"id": str(sub), "name": sub_name})
    return _bytes(caps)


def feed(told: Feed, torrents: Mapping[str, str], *, plain: bool = False) -> bytes:
    """Write a feed; `torrents` says where the torrent file of an info-hash is, where we hold it.

    Without one the enclosure is the magnet. `plain` leaves out what is not RSS.
    """
    spaces = {"version": "2.0", "xmlns:dc": PERSON_NS}
    if not plain:
        spaces |= {"xmlns:torznab": TORZNAB_NS, "xmlns:newznab": NEWZNAB_NS}
    rss = XmlTree.Element("rss", spaces)
    channel = XmlTree.SubElement(rss, "channel")
    for name, text in (
        ("title", told.title),
        ("link", told.link),
        ("description", told.about),
        ("generator", f"kkiri {__version__}"),
    ):
        XmlTree.SubElement(channel, name).text = fit(text)
    if told.total is not None:
        total = {"offset": str(told.offset), "total": str(told.total)}
        XmlTree.SubElement(channel, "newznab:response", total)
    for found in told.found:
        torrent = torrents.get(found.info_hash)
        _item(channel, found, torrent, comments=f"{told.link}/#{found.info_hash}", plain=plain)
    return _bytes(rss)


def _item(
    channel: XmlTree.Element, found: Found, torrent: str | None, *, comments: str, plain: bool
) -> None:
    item = XmlTree.SubElement(channel, "item")
    for name, text in (
        ("title", found.title),
        ("pubDate", formatdate(found.created_at, usegmt=True)),
        ("link", torrent or found.link),
        ("description", found.description),
        ("comments", comments),
        ("dc:creator", found.author_name),
    ):
        XmlTree.SubElement(item, name).text = fit(text)
    guid = XmlTree.SubElement(item, "guid", {"isPermaLink": "false"})
    guid.text = f"urn:btih:{found.info_hash}"
    enclosure = {
        "url": fit(torrent or found.link),
        "length": str(found.size),
        "type": TORRENT_TYPE if torrent else MAGNET_TYPE,
    }
    XmlTree.SubElement(item, "enclosure", enclosure)
    numbers = categories_of(found)
    for number in numbers:
        XmlTree.SubElement(item, "category").text = name_of(number) if plain else str(number)
    if not plain:
        XmlTree.SubElement(item, "size").text = str(found.size)
        for name, value in _attributes(found, numbers):
            XmlTree.SubElement(item, "torznab:attr", {"name": name, "value": fit(value)})


def _attributes(found: Found, numbers: Iterable[int]) -> Iterable[tuple[str, str]]:
    yield from (("category", str(number)) for number in numbers)
    seeders = max(found.on, found.sources)
    facts = found.facts
    resolution = f"{facts.width}x{facts.height}" if facts.width and facts.height else None
    for name, value in (
        ("size", found.size),
        ("files", len(found.files)),
        ("seeders", seeders),
        ("peers", seeders),
        ("infohash", found.info_hash),
        ("magneturl", found.link),
        ("poster", found.author_name),
        ("minimumratio", 0),
        ("downloadvolumefactor", 0),
        ("uploadvolumefactor", 1),
        ("artist", facts.artist),
        ("album", facts.album),
        ("language", facts.language),
        ("resolution", resolution),
        ("video" if facts.height else "audio", facts.codec),
    ):
        if value is not None and value != "":
            yield name, str(value)


def _bytes(root: XmlTree.Element) -> bytes:
    body: bytes = XmlTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body
