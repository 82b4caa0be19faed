"""The page's words: everything in Korean and in English, nothing in one language only."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

STATIC = Path(__file__).parents[2] / "src/kkiri/web/static"
BYTES_MAX = 150_000
"""What a browser may load for any place of the page, uncompressed: a second on a slow line."""
FIRST_BYTES_MAX = 75_000
"""What it may load before anything can be typed."""

TABLES = """
const { readFileSync, writeFileSync } = await import('node:fs');
globalThis.navigator ??= { language: 'en' };
const [folder, ...paths] = process.argv.slice(1);
const tables = {};
for (const [number, path] of paths.entries()) {
  const source = readFileSync(path, 'utf8')
    .replace(/^import .*;$/gm, '')
    .replace(/^export const pick = .*;$/m, '');
  const head = 'let told; const pick = (tables) => { told = tables; return tables.en; };';
  const made = `${folder}/${number}.mjs`;
  writeFileSync(made, `${head}${source}\nexport default told;`);
  tables[path] = say((await import(made)).default);
}
function say(value) {
  if (typeof value === 'function') {
    return { call: value.length, says: calls(value) };
  }
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, say(one)]));
  }
  return value;
}
function calls(value) {
  const said = [];
  for (const given of [[1, 1, 1], [2, 3, 4], ['7', '8', '9']]) {
    try {
      said.push(String(value(...given)));
    } catch {
      said.push('-');
    }
  }
  return said;
}
console.log(JSON.stringify(tables));
"""

HANGUL = re.compile("[\uac00-\ud7a3]")
ENGLISH = re.compile(r"[A-Za-z]{3,}")
NOT_ENGLISH = {"kkiri", "VLC", "mpv", "DHT", "NAT", "UPnP", "home", "Music", "npub", "kbit"}
QUOTED = re.compile(r"`[^`]*`|/[\w/]+|#[\w/]+|\b\w+://\S+")
"""Commands, paths and addresses, which are the same in every language."""

TEXT_SINKS = re.compile(
    r"""(?:\bmake\(\s*"[^"]*"\s*,\s*"[^"]*"\s*,|\b(?:button|link)\(\s*"[^"]*"\s*,|\bnote\(|"""
    r"""\bset\([\w.]+,|\btitle\([\w.]+,|\bfield\(|\bdialog\(|\bsure\(|"""
    r"""\.(?:textContent|placeholder|title|alt|label)\s*=|"""
    r"""setAttribute\("(?:aria-label|title|placeholder|aria-description)",)"""
    r"""\s*(?:"([^"]*)"|`([^`]*)`)"""
)
SAME_EVERYWHERE = {"kkiri key backup", "kbit"}


def modules() -> list[Path]:
    return sorted(STATIC.glob("*.js"))


def tables(folder: Path, paths: list[Path]) -> dict[str, dict[str, Any]]:
    node = shutil.which("node")
    assert node, "these tests need node"
    done = subprocess.run(
        [node, "--input-type=module", "-e", TABLES, "--", str(folder), *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-500:]
    told: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return {Path(path).name: said for path, said in told.items()}


def flat(value: object, name: str = "") -> dict[str, object]:
    """Give every leaf by its path; a function is what it says, and how many values it takes."""
    if isinstance(value, list):
        value = {str(place): one for place, one in enumerate(value)}
    if isinstance(value, dict) and value:
        found: dict[str, object] = {}
        for key, one in value.items():
            found |= flat(one, f"{name}.{key}")
        return found
    return {name: value}


def faults(name: str, said: dict[str, Any]) -> list[str]:
    """Give what one table lacks."""
    english, korean = flat(said.get("en")), flat(said.get("ko"))
    found = [f"{name}: {key} is in one language only" for key in english.keys() ^ korean.keys()]
    for key in english.keys() & korean.keys():
        one, other = english[key], korean[key]
        if key.endswith(".call"):
            if one != other:
                found.append(f"{name}: {key} takes {one} values in English, {other} in Korean")
            continue
        if not isinstance(one, str) or not isinstance(other, str):
            found.append(f"{name}: {key} is no text")
            continue
        if not one.strip() or not other.strip():
            found.append(f"{name}: {key} is empty")
        if one == other == "-":
            continue  # not called like that
        if HANGUL.search(one):
            found.append(f"{name}: {key} in English: {one}")
        foreign = set(ENGLISH.findall(QUOTED.sub(" ", other))) - NOT_ENGLISH
        if foreign:
            found.append(f"{name}: {key} in Korean: {other}")
    return found


def literals(source: str) -> list[str]:
    """Give texts for people that stand in a module by themselves."""
    found = [line.strip() for line in source.splitlines() if HANGUL.search(line)]
    for match in TEXT_SINKS.finditer(source):
        text = re.sub(r"\$\{[^}]*\}", " ", match[1] or match[2] or "")
        if text not in SAME_EVERYWHERE and ENGLISH.search(text):
            found.append(match[0])
    return found


def test_every_word_stands_in_both_languages(tmp_path: Path) -> None:
    paths = [path for path in modules() if path.name.startswith("words")]
    said = tables(tmp_path, paths)
    assert len(said) == len(paths) > 6
    assert [fault for name, table in said.items() for fault in faults(name, table)] == []


def test_no_other_module_has_words_of_its_own() -> None:
    own = [
        f"{path.name}: {text}"
        for path in modules()
        if not path.name.startswith("words")
        for text in literals(path.read_text("utf-8"))
        if text != 'document.title = text ? `${text} · ${words.name}` : "끼리 kkiri";'
    ]
    assert own == []


def test_the_page_itself_has_the_name_and_nothing_else() -> None:
    page = (STATIC / "index.html").read_text("utf-8")
    texts = [text.strip() for text in re.findall(r">([^<]+)<", page)]
    assert [text for text in texts if text] == ["끼리 kkiri", "끼리", "kkiri"]
    assert not re.search(r'(?:placeholder|title|alt|aria-label)="', page)


def loaded(name: str, known: frozenset[str] = frozenset()) -> frozenset[str]:
    """Give what a browser loads with a module: what it imports, and its style sheet."""
    found = {name}
    source = (STATIC / name).read_text("utf-8")
    imported = re.findall(r'^import [^"]*"/static/([\w.-]+)";', source, re.M)
    for one in [*imported, *re.findall(r'\bstyle\("([\w.-]+)"\)', source)]:
        if one not in known | found:
            found |= loaded(one, known | found) if one.endswith(".js") else {one}
    return frozenset(found)


def weight(names: frozenset[str]) -> int:
    return sum((STATIC / name).stat().st_size for name in names)


def test_no_place_of_the_page_is_heavy() -> None:
    first = loaded("main.js") | {"index.html", "style.css", "icon.svg"}
    assert {"results.js", "words.js", "api.js"} <= first
    assert not first & {"library.js", "settings.js", "player.js"}, "loaded before it is asked for"
    assert weight(first) <= FIRST_BYTES_MAX
    views = re.findall(r'import\("/static/([\w-]+\.js)"\)', (STATIC / "main.js").read_text("utf-8"))
    assert len(views) > 8
    heavy = {view: weight(first | loaded(view)) for view in views if (STATIC / view).exists()}
    assert {view: size for view, size in heavy.items() if size > BYTES_MAX} == {}


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("{en: {a: 'one'}, ko: {}}", "one language only"),
        ("{en: {a: 'one'}, ko: {a: ''}}", "empty"),
        ("{en: {a: 'one'}, ko: {a: 'only one'}}", "in Korean"),
        ("{en: {a: '하나'}, ko: {a: '하나'}}", "in English"),
        ("{en: {a: (x) => x}, ko: {a: '하나'}}", "one language only"),
        ("{en: {a: (x) => x}, ko: {a: (x, y) => y}}", "takes"),
        ("{en: {a: {b: 'one'}}, ko: {a: {c: '하나'}}}", "one language only"),
    ],
)
def test_a_planted_fault_is_noticed(tmp_path: Path, table: str, fault: str) -> None:
    planted = tmp_path / "words-planted.js"
    planted.write_text(f"export const words = pick({table});\n", "utf-8")
    ((name, said),) = tables(tmp_path, [planted]).items()
    assert any(fault in text for text in faults(name, said))


@pytest.mark.parametrize(
    "planted",
    [
        'note("Something went wrong");',
        'place.append(make("p", "about", "one file"));',
        'button("quiet", `${count} files`, act)',
        'box.placeholder = "Find";',
        'x.setAttribute("aria-label", "close");',
        'const a = "닫기";',
    ],
)
def test_a_planted_text_is_noticed(planted: str) -> None:
    assert literals(planted)


@pytest.mark.parametrize(
    "fine", ['make("p", "about")', "note(words.done)", 'set(a, "")', "set(b, `${size(x)}/s`)"]
)
def test_what_is_no_text_is_let_pass(fine: str) -> None:
    assert not literals(fine)
