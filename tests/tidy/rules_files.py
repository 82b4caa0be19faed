"""Rules on files and documents: each gives the faults it found."""

import json
import re
import tomllib
from pathlib import Path

from tests.tidy.tree import files, sources

_LOCKS = ("requirements.lock", "requirements-test.lock")
_NODE_LOCK = "tests/node/package-lock.json"
# folders of one machine; split so that this file does not hold them itself
_MACHINE = re.compile(
    "(?<![\\w.])/(" + "|".join(["wo" + "rk", "ro" + "ot", "op" + "t", "Users"]) + ")/\\w"
)
_TEXT = {".py", ".md", ".toml", ".lock", ".json", ".sh", ".js", ".css", ".html", ".txt", ".yml", ""}
# what SVG and HTML call themselves; nothing is fetched from there
_NAMESPACES = ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml")
_GLOSSARY = "docs/glossary.md"


def module_words(root: Path) -> list[str]:
    """A module is named with words of the glossary."""
    text = (root / _GLOSSARY).read_text("utf-8").lower()
    known = set(re.findall(r"[a-z0-9]+", " ".join(re.findall(r"\*\*([^*]+)\*\*", text))))
    known |= {word + "s" for word in known}
    known |= {word[:-1] + "ies" for word in known if word.endswith("y")}
    found = []
    for source in sources(root, "src"):
        path = Path(source.name)
        name = path.parent.name if path.stem in {"__init__", "__main__"} else path.stem
        for word in name.split("_"):
            if word not in known:
                found.append(f"{source.name}: {word!r} is not in {_GLOSSARY}")
    return sorted(set(found))


def outside_resources(root: Path) -> list[str]:
    """The page fetches nothing from outside."""
    outside = re.compile(r"""(https?:|wss?:)?//[a-z0-9-]+\.[a-z0-9.-]+[^\s"'`)>]*""", re.I)
    found = []
    for path in files(root, "src/kkiri/web/static"):
        if path.suffix.lower() in {".png", ".ico", ".woff2", ".jpg", ".webp"}:
            continue
        for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
            for match in outside.finditer(line):
                if not match[0].startswith(_NAMESPACES):
                    found.append(f"{path.relative_to(root)}:{number} {match[0]}")
    return found


def lock_hygiene(root: Path) -> list[str]:
    """The locks pin everything by hash and name no place to fetch it from."""
    found = []
    place = re.compile(r"://|^\s*(-i|-f|--(extra-)?index-url|--find-links|--trusted-host)\b|@ file")
    for lock in _LOCKS:
        entry = ""
        for line in [*(root / lock).read_text("utf-8").split("\n"), "end==0"]:
            if place.search(line):
                found.append(f"{lock}: {line.strip()}")
            if re.match(r"[A-Za-z0-9]", line):
                if entry and "--hash=sha256:" not in entry:
                    found.append(f"{lock}: {entry.split()[0]} has no hash")
                entry = line
            else:
                entry += line
    packages = json.loads((root / _NODE_LOCK).read_text("utf-8"))["packages"]
    for name, package in packages.items():
        if "resolved" in package:
            found.append(f"{_NODE_LOCK}: {name} names a registry")
        if name and "integrity" not in package:
            found.append(f"{_NODE_LOCK}: {name} has no hash")
    return found


def machine_paths(root: Path) -> list[str]:
    """Nothing in the repository knows the machine it was made on."""
    top = [path for path in root.iterdir() if path.is_file()]
    found = []
    for path in [*top, *files(root, "src", "tests", "bench", "tools", "docs", ".ci")]:
        if path.suffix not in _TEXT or path.name in {"LICENSE", ".venv.lock"}:
            continue
        for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
            if match := _MACHINE.search(line):
                found.append(f"{path.relative_to(root)}:{number} {match[0]}")
    return found


def protocol_vectors(root: Path) -> list[str]:
    """Every page of docs/protocol names its vectors, and they are there."""
    found = []
    for page in files(root, "docs/protocol"):
        named = set(re.findall(r"tests/vectors/[\w./-]*\w\.json\w*", page.read_text("utf-8")))
        if page.suffix == ".md" and not named:
            found.append(f"{page.relative_to(root)} names no file of tests/vectors/")
        found += [
            f"{page.relative_to(root)} names {name}, which is not there"
            for name in sorted(named)
            if not (root / name).is_file()
        ]
    return found


def changelog_form(root: Path) -> list[str]:
    """The changelog holds versions, and one line a change, as people would say it."""
    found = []
    lines = (root / "CHANGELOG.md").read_text("utf-8").split("\n")
    if lines[0] != "# Changes":
        found.append("CHANGELOG.md does not open with `# Changes`")
    for number, line in enumerate(lines[1:], 2):
        version = re.fullmatch(r"## (Unreleased|\d+\.\d+\.\d+( · \d{4}-\d\d-\d\d| \(.+\))?)", line)
        change = re.fullmatch(r"- [^\s].*[.!?)`]", line)
        note = line == "" or (number < 5 and not line.startswith(("#", "-", " ")))
        if not (version or change or note):
            found.append(f"CHANGELOG.md:{number} {line[:60]}")
    return found


def decisions(root: Path) -> list[str]:
    """Every dependency has a page of docs/decisions that names it."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    asked = [*project["project"]["dependencies"], *project["dependency-groups"]["test"]]
    names = {re.split(r"[^\w-]", line)[0].lower() for line in asked}
    pages = " ".join(page.read_text("utf-8").lower() for page in files(root, "docs/decisions"))
    return [
        f"no page of docs/decisions names {name}" for name in sorted(names) if name not in pages
    ]


def unit_mirror(root: Path) -> list[str]:
    """The unit tests stand in the rooms of the code they test."""
    rooms = {path.parent.name for path in files(root, "src/kkiri") if path.name == "__init__.py"}
    found = []
    for source in sources(root, "tests/unit"):
        parts = Path(source.name).parts[2:]
        if len(parts) < 2 and parts[-1] != "__init__.py":
            found.append(f"{source.name} stands in no room")
        elif len(parts) > 1 and parts[0] not in rooms:
            found.append(f"{source.name}: there is no room {parts[0]!r}")
    return found


def adapters_listed(root: Path) -> list[str]:
    """Every adapter stands in the contract that keeps adapters apart."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    apart = {
        module
        for contract in project["tool"]["importlinter"]["contracts"]
        if contract["type"] == "independence"
        for module in contract["modules"]
    }
    folder = root / "src/kkiri/adapters"
    names = {path.stem for path in folder.iterdir() if path.suffix == ".py" or path.is_dir()}
    return [
        f"pyproject.toml: kkiri.adapters.{name} is in no contract"
        for name in sorted(names - {"__init__", "__pycache__"})
        if f"kkiri.adapters.{name}" not in apart
    ]


def living_links(root: Path) -> list[str]:
    """What the documents link to or name as a file is there."""
    found = []
    for page in [*root.glob("*.md"), *(p for p in files(root, "docs") if p.suffix == ".md")]:
        text = page.read_text("utf-8")
        linked = re.findall(r"\]\((?!https?:|#)([^)#\s]+)[^)]*\)", text)
        named = re.findall(r"`([\w./-]+/[\w./-]*\w\.(?:py|md|toml|json|sh))`", text)
        found += [
            f"{page.relative_to(root)} links to {name}"
            for name in linked
            if not (page.parent / name).exists()
        ]
        places = (root, root / "src/kkiri", page.parent)
        found += [
            f"{page.relative_to(root)} names {name}"
            for name in named
            if not any((place / name).exists() for place in places)
        ]
    return found
