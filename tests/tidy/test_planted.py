"""Each tidy rule is shown to fail: a fault is planted into a small copy, and only then is told.

Faults are built from pieces where the rule would find them in this very file.
"""

import json
from pathlib import Path

import pytest

from tests.tidy.test_tidy import rules

# the smallest repository that keeps every rule
CLEAN = {
    "src/kkiri/__init__.py": '"""A peer."""\n',
    "src/kkiri/base/__init__.py": '"""Types."""\n',
    "src/kkiri/base/errors.py": '"""Errors."""\n\n\nclass KkiriError(Exception):\n'
    '    """Wrong. | 틀렸습니다."""\n\n    number = 0\n',
    "src/kkiri/web/static/page.html": '<svg xmlns="http://www.w3.org/2000/svg"></svg>\n',
    "tests/unit/base/test_errors.py": '"""Errors."""\n',
    "tests/vectors/record.json": "[]\n",
    "tests/node/package-lock.json": json.dumps({"packages": {"": {}}}),
    "docs/glossary.md": "| **kkiri** | **base** | **error** | **web** | **adapter** | **key** |\n",
    "docs/protocol/records.md": "Vectors: tests/vectors/record.json\n",
    "docs/decisions/0001-msgspec.md": "# msgspec, pytest\n",
    "requirements.lock": "msgspec==1 \\\n    --hash=sha256:00\n",
    "requirements-test.lock": "pytest==1 \\\n    --hash=sha256:00\n",
    "CHANGELOG.md": "# Changes\n\n## Unreleased\n\n- First exchange.\n",
    "pyproject.toml": '[project]\ndependencies = ["msgspec>=1"]\n'
    '[dependency-groups]\ntest = ["pytest"]\n'
    '[tool.importlinter]\n[[tool.importlinter.contracts]]\ntype = "independence"\n'
    'modules = ["kkiri.adapters.key"]\n',
    "src/kkiri/adapters/__init__.py": '"""A."""\n',
    "src/kkiri/adapters/key.py": '"""K."""\n',
}
MODULE = "src/kkiri/base/error.py"
_ERROR = '"""E."""\nfrom kkiri.base.errors import KkiriError\n\n\nclass OneError(KkiriError):\n'

PLANTED: list[tuple[str, str, str]] = [
    ("function_lines", MODULE, '"""E."""\ndef f():\n' + "    pass\n" * 60),
    ("file_lines", MODULE, '"""E."""\n' + "\n" * 400),
    (
        "public_methods",
        MODULE,
        '"""E."""\nclass A:\n' + "".join(f"    def m{n}(self): ...\n" for n in range(16)),
    ),
    ("class_names", MODULE, '"""E."""\nclass LinkManager: ...\n'),
    ("class_names", MODULE, '"""E."""\nclass BaseLink: ...\n'),
    ("module_instances", MODULE, '"""E."""\nlinks = Links()\n'),
    ("module_instances", MODULE, '"""E."""\nregistry: dict[str, str] = {}\n'),
    ("module_instances", MODULE, '"""E."""\nseen = []\n'),
    ("module_instances", MODULE, '"""E."""\nN = 1\ndef f():\n    global N\n'),
    ("broad_excepts", MODULE, '"""E."""\ntry:\n    f()\nexcept Exception:\n    raise\n'),
    ("broad_excepts", MODULE, '"""E."""\ntry:\n    f()\nexcept:\n    raise\n'),
    (
        "broad_excepts",
        MODULE,
        '"""E."""\ntry:\n    f()\nexcept (OSError, BaseException):\n    f()\n',
    ),
    ("broad_excepts", MODULE, '"""E."""\nwith suppress(Exception):\n    f()\n'),
    (
        "broad_excepts",
        MODULE,
        '"""E."""\ntry:\n    f()\nexcept BaseException:\n    raise E from None\n',
    ),
    ("error_classes", MODULE, _ERROR + '    """One. | 하나."""\n'),
    ("error_classes", MODULE, _ERROR + '    """One. | 하나."""\n    number = 0\n'),
    ("error_classes", MODULE, _ERROR + '    """One."""\n    number = 7\n'),
    ("error_classes", MODULE, _ERROR + '    """하나. | One."""\n    number = 7\n'),
    ("limit_reasons", MODULE, '"""E."""\nIDLE_SECONDS_MAX = 30\n'),
    ("limit_reasons", MODULE, '"""E."""\n_ROWS_MAX = 3 * 1024  # 3\n'),
    ("module_docstrings", MODULE, "import re\n"),
    ("silent_ignores", MODULE, '"""E."""\nf()  # type: ' + "ignore\n"),
    ("silent_ignores", MODULE, '"""E."""\nf()  # no' + "qa\n"),
    (
        "unit_sleeps",
        "tests/unit/base/test_a.py",
        '"""T."""\nasync def f():\n    await sleep(0.1)\n',
    ),
    ("unit_sleeps", "tests/unit/base/test_a.py", '"""T."""\ntime.sleep(seconds)\n'),
    (
        "unit_sleeps",
        "tests/unit/base/test_a.py",
        '"""T."""\nfrom tests.fakes.network import virtual\ntime.sleep(1)\n',
    ),
    ("naked_tasks", MODULE, '"""E."""\nget_running_loop().create_task(f(), name="f")\n'),
    ("naked_tasks", MODULE, '"""E."""\nself._loop.create_task(f(), name="f")\n'),
    ("naked_tasks", MODULE, '"""E."""\ngroup.create_task(f())\n'),
    ("skips", "tests/unit/base/test_a.py", '"""T."""\nimport pytest\npytest.sk' + 'ip("no")\n'),
    ("module_words", "src/kkiri/base/gadget.py", '"""G."""\n'),
    ("outside_resources", "src/kkiri/web/static/a.css", "a { src: url(//cdn.example.org/a) }\n"),
    ("outside_resources", "src/kkiri/web/static/a.js", 'import "https://example.org/a.js"\n'),
    ("lock_hygiene", "requirements.lock", "--index-url place\n"),
    ("lock_hygiene", "requirements.lock", "a @ file:///a.whl\n"),
    ("lock_hygiene", "requirements-test.lock", "a==1\nb==2 --hash=sha256:00\n"),
    (
        "lock_hygiene",
        "tests/node/package-lock.json",
        json.dumps({"packages": {"node_modules/a": {"resolved": "r", "integrity": "i"}}}),
    ),
    (
        "lock_hygiene",
        "tests/node/package-lock.json",
        json.dumps({"packages": {"node_modules/a": {"version": "1"}}}),
    ),
    ("machine_paths", "docs/notes.md", "see /wo" + "rk/here\n"),
    ("protocol_vectors", "docs/protocol/hub.md", "# Hub\n"),
    ("protocol_vectors", "docs/protocol/hub.md", "tests/vectors/nowhere.json\n"),
    ("changelog_form", "CHANGELOG.md", "# News\n"),
    ("changelog_form", "CHANGELOG.md", "# Changes\n\n## Unreleased\n\n* a star\n"),
    ("changelog_form", "CHANGELOG.md", "# Changes\n\n## v1\n"),
    ("decisions", "pyproject.toml", CLEAN["pyproject.toml"].replace("msgspec", "attrs")),
    ("adapters_listed", "src/kkiri/adapters/web.py", '"""W."""\n'),
    ("living_links", "docs/notes.md", "see [this](nowhere.md)\n"),
    ("living_links", "docs/notes.md", "see `base/nowhere.py`\n"),
    ("no_shell", MODULE, '"""E."""\nos.system(f"play {name}")\n'),
    ("no_shell", MODULE, '"""E."""\nsubprocess.run(["play", name], shell=True)\n'),
    ("no_shell", MODULE, '"""E."""\nsubprocess.run(words, shell=wanted)\n'),
    ("no_shell", MODULE, '"""E."""\nsubprocess.Popen(f"play {name}")\n'),
    ("no_shell", MODULE, '"""E."""\nsubprocess.run(["sh", "-c", name])\n'),
    ("no_shell", MODULE, '"""E."""\nawait asyncio.create_subprocess_exec("bash", "-c", name)\n'),
    ("no_shell", MODULE, '"""E."""\nawait asyncio.create_subprocess_shell(name)\n'),
    ("no_shell", MODULE, '"""E."""\neval(name)\n'),
    ("no_shell", MODULE, '"""E."""\npickle.loads(name)\n'),
    ("no_markup", "src/kkiri/web/static/a.js", "place.inner" + "HTML = name;\n"),
    ("no_markup", "src/kkiri/web/static/a.js", "place.setAttribute('onclick', name);\n"),
    ("no_markup", "src/kkiri/web/static/a.js", 'place.href = "javascript' + ':void 0";\n'),
    ("unit_mirror", "tests/unit/nowhere/test_a.py", '"""T."""\n'),
    ("unit_mirror", "tests/unit/test_a.py", '"""T."""\n'),
]


def _write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name, text in CLEAN.items():
        _write(tmp_path, name, text)
    return tmp_path


def test_the_clean_copy_keeps_every_rule(copy: Path) -> None:
    assert {rule.__name__: rule(copy) for rule in rules()} == {r.__name__: [] for r in rules()}


@pytest.mark.parametrize(
    ("rule", "name", "text"), PLANTED, ids=[f"{p[0]}-{n}" for n, p in enumerate(PLANTED)]
)
def test_planted_fault_is_told(copy: Path, rule: str, name: str, text: str) -> None:
    _write(copy, name, text)
    told = {r.__name__: r(copy) for r in rules()}
    assert told[rule], f"{rule} missed it"


def test_every_rule_has_a_planted_fault() -> None:
    assert {rule for rule, _, _ in PLANTED} == {rule.__name__ for rule in rules()}
