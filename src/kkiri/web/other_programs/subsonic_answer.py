"""How OpenSubsonic is answered: one tree of values, written as XML or as JSON; and its errors.

Source: OpenSubsonic API (opensubsonic/open-subsonic-api 4c1819fb), Responses.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as XmlTree

from kkiri import __version__

PROTOCOL = "1.16.1"  # the last Subsonic version; everything later is an OpenSubsonic extension
NAMESPACE = "http://subsonic.org/restapi"
XML_TYPE = "application/xml; charset=utf-8"
JSON_TYPE = "application/json; charset=utf-8"

Value = str | int | float | bool | None | Mapping[str, "Value"] | Sequence["Value"]
Tree = dict[str, Value]
# what XML 1.0 cannot carry, not even escaped
_UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a request was refused, by the numbers of the specification."""

    code: int
    message: str


GENERIC, MISSING, NOT_AUTHORIZED, NOT_FOUND = 0, 10, 50, 70
AUTHENTICATION: Mapping[int, Fault] = {
    10: Fault(MISSING, "Required parameter is missing: u and p, u with t and s, or apiKey."),
    40: Fault(40, "Wrong username or password: `kkiri other-programs` shows the right one."),
    43: Fault(43, "Multiple conflicting authentication mechanisms provided."),
    44: Fault(44, "Invalid API key: `kkiri other-programs` shows the right one."),
}


def fit(text: str) -> str:
    """Leave out of a stranger's text what XML cannot carry."""
    return _UNFIT.sub("\ufffd", text)


def done(tree: Tree, wanted: str) -> tuple[str, bytes]:
    """Write an answer that succeeded in the form that was asked for; give its type and body."""
    return _written({"status": "ok"} | _who() | tree, wanted)


def failed(fault: Fault, wanted: str) -> tuple[str, bytes]:
    """Write a refusal; clients look for it in an answer of status 200."""
    error: Tree = {"code": fault.code, "message": fault.message}
    return _written({"status": "failed"} | _who() | {"error": error}, wanted)


def _who() -> Tree:
    return {
        "version": PROTOCOL,
        "type": "kkiri",
        "serverVersion": __version__,
        "openSubsonic": True,
    }


def _written(tree: Tree, wanted: str) -> tuple[str, bytes]:
    if wanted == "json":
        said = json.dumps({"subsonic-response": _plain(tree)}, ensure_ascii=False)
        return JSON_TYPE, said.encode(errors="replace")
    root = XmlTree.Element("subsonic-response", {"xmlns": NAMESPACE})
    _fill(root, tree)
    return XML_TYPE, XmlTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _plain(value: Value) -> object:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items() if one is not None}
    if isinstance(value, str) or not isinstance(value, Sequence):
        return value
    return [_plain(one) for one in value]


def _fill(element: XmlTree.Element, tree: Mapping[str, Value]) -> None:
    """Put scalars into attributes, and trees and lists into elements of their name."""
    for name, value in tree.items():
        if value is None:
            continue
        if isinstance(value, Mapping):
            _fill(XmlTree.SubElement(element, name), value)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            for one in value:
                below = XmlTree.SubElement(element, name)
                if isinstance(one, Mapping):
                    _fill(below, one)
                else:
                    below.text = _text(one)
        elif name == "value":  # what a genre or a line of a song says stands between its tags
            element.text = _text(value)
        else:
            element.set(name, _text(value))


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else fit(str(value))
