"""./kkiri from a fresh copy: any folder, a link, spaces, two starts at once, no Python at all."""

import os
import re
import shutil
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
PARTS = ("kkiri", "test", "tools", "src", "requirements.lock", "pyproject.toml", "README.md")
SETUP_SECONDS_MAX = 300  # a slow mirror; 15-30 s otherwise


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh copy in a folder with a space and Hangul in its name, without .venv."""
    folder = tmp_path_factory.mktemp("fresh") / "my 끼리"
    folder.mkdir()
    for part in (*PARTS, "LICENSE"):
        if (REPO / part).is_dir():
            shutil.copytree(
                REPO / part, folder / part, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy2(REPO / part, folder / part)
    return folder


def _run(
    program: Path, *arguments: str, cwd: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SETUP_SECONDS_MAX,
        check=False,
    )


def test_fresh_copy(copy: Path, tmp_path: Path) -> None:
    """Two first starts at once, through a link, from a folder with a module of our name in it."""
    (tmp_path / "kkiri.py").write_text("raise SystemExit('taken from the folder one stands in')")
    link = tmp_path / "somewhere"
    link.symlink_to(copy / "kkiri")
    with ThreadPoolExecutor(2) as pool:
        starts = [
            pool.submit(_run, link, "--version", cwd=tmp_path, KKIRI_LANG=language)
            for language in ("en", "ko")
        ]
        english, korean = (start.result() for start in starts)
    for done in (english, korean):
        assert done.returncode == 0, done.stderr
        assert re.fullmatch(r"\d+\.\d+\.\d+", done.stdout.strip())
    assert "libraries" in english.stderr or "waiting for it" in english.stderr
    assert "받습니다" in korean.stderr or "기다립니다" in korean.stderr
    again = _run(link, "--version", cwd=tmp_path)
    assert (again.returncode, again.stderr) == (0, "")

    # an update of the lock is noticed, and an interrupted set-up goes on
    lock = copy / "requirements.lock"
    lock.write_text(lock.read_text("utf-8") + "# changed\n", "utf-8")
    updated = _run(copy / "kkiri", "--version", cwd=tmp_path, KKIRI_LANG="en")
    assert updated.returncode == 0
    assert "up to date" in updated.stderr
    shutil.rmtree(copy / ".venv" / "bin")
    mended = _run(copy / "kkiri", "--version", cwd=tmp_path, KKIRI_LANG="en")
    assert mended.returncode == 0, mended.stderr
    assert "Setting kkiri up" in mended.stderr

    # pip install . gives the same command, with no source folder on the path
    pip = copy / ".venv" / "bin" / "pip"
    installed = _run(pip, "install", "--no-deps", "--quiet", str(copy), cwd=tmp_path)
    assert installed.returncode == 0, installed.stderr
    command = _run(copy / ".venv" / "bin" / "kkiri", "--version", cwd=Path("/"), PYTHONPATH="")
    assert (command.returncode, command.stdout) == (0, again.stdout)
    page = _run(
        copy / ".venv" / "bin" / "python",
        "-c",
        "import kkiri.web, pathlib; print(len(list(pathlib.Path(kkiri.web.__file__).parent"
        ".glob('static/*.html'))), kkiri.web.__file__)",
        cwd=Path("/"),
        PYTHONPATH="",
    )
    assert page.stdout.startswith("1 ")
    assert "site-packages" in page.stdout


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder of programs in which apt-get and brew only say what they were asked."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("sh", "dirname", "readlink", "env", "cmp", "cat", "rm"):
        (folder / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    return folder


def _program(folder: Path, name: str, body: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "kkiri needs Python 3.11"), ("ko", "파이썬 3.11 이상")]
)
def test_without_python_a_person_is_told_the_command(
    copy: Path, bare: Path, tmp_path: Path, language: str, sentence: str
) -> None:
    _program(bare, "id", "echo 1000")
    _program(bare, "apt-get", "echo must not be called >&2; exit 9")
    _program(bare, "old", "exit 1")
    shutil.rmtree(copy / ".venv", ignore_errors=True)
    asked = {"PATH": str(bare), "PYTHON": str(bare / "old"), "KKIRI_LANG": language}
    told = _run(copy / "kkiri", "demo", cwd=tmp_path, **asked)
    assert told.returncode == 1
    assert sentence in told.stderr
    assert "sudo apt-get install python3-venv" in told.stderr
    assert "must not" not in told.stderr
    (bare / "apt-get").unlink()
    _program(bare, "uname", "echo Darwin")
    assert "brew install python" in _run(copy / "kkiri", "demo", cwd=tmp_path, **asked).stderr


def test_root_on_debian_gets_it_installed(copy: Path, bare: Path, tmp_path: Path) -> None:
    _program(bare, "id", "echo 0")
    _program(bare, "apt-get", f'echo "$@" >> "{tmp_path}/asked"')
    _program(bare, "old", "exit 1")
    shutil.rmtree(copy / ".venv", ignore_errors=True)
    told = _run(
        copy / "kkiri", "demo", cwd=tmp_path, PATH=str(bare), PYTHON=str(bare / "old"), LC_ALL="C"
    )
    assert told.returncode == 1  # the stand-in installed nothing
    assert "installing the Debian package python3-venv" in told.stderr
    assert "python3-venv" in (tmp_path / "asked").read_text()


def test_missing_test_programs_fail_with_the_command(
    copy: Path, bare: Path, tmp_path: Path
) -> None:
    """A missing client is never a skipped test."""
    _program(bare, "id", "echo 1000")
    _program(bare, "sudo", "exit 1")
    _program(bare, "apt-get", "exit 1")
    script = f'here="{copy}"; . "{copy}/tools/set-up.sh"; need_programs'
    told = subprocess.run(
        ["/bin/sh", "-c", script],
        cwd=copy,
        env={"PATH": str(bare), "LANG": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1, told.stderr
    assert re.search(r"sudo apt-get install .*aria2.*rtorrent", told.stderr)
