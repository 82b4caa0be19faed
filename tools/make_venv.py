"""Make or update .venv from lock files: hashes checked, one at a time, safe to interrupt."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
VENV = HERE / ".venv"
KOREAN = os.environ.get("KKIRI_LANGUAGE") == "ko"
BAR_CELLS = 24  # fits beside a package's name in 80 columns


def show(text: str) -> None:
    """Write to the terminal at once."""
    sys.stderr.write(text)
    sys.stderr.flush()


def say(english: str, korean: str) -> None:
    """Tell the person one sentence."""
    show((korean if KOREAN else english) + "\n")


@contextmanager
def alone() -> Iterator[None]:
    """Hold the lock that the system gives back even when this process is killed."""
    with (HERE / ".venv.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(
                "Another start is setting kkiri up; waiting for it.",
                "다른 끼리가 준비하는 중입니다. 끝나기를 기다립니다.",
            )
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def copy_of(lock: str) -> Path:
    """Give where the venv remembers the lock it was made from."""
    return VENV / f".from-{lock}"


def fresh(locks: list[str]) -> bool:
    """Say whether .venv was made from these very locks."""
    if not (VENV / "bin" / "python").exists() or not (VENV / ".from-locks").exists():
        return False
    return all(
        copy_of(lock).exists() and copy_of(lock).read_bytes() == (HERE / lock).read_bytes()
        for lock in locks
    )


def runs(python: Path) -> bool:
    """Say whether the venv's Python still starts and has pip."""
    try:
        command = [python, "-I", "-c", "import pip"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def make() -> None:
    """Make an empty venv on this very Python, so that a newer default one cannot break it."""
    if VENV.exists():
        shutil.rmtree(VENV)
    python = Path(sys.executable).resolve()
    subprocess.run([python, "-I", "-m", "venv", VENV], check=True)


def progress(done: int, total: int, name: str) -> None:
    """Draw the progress line on a terminal; elsewhere tell one package in ten."""
    done = min(done, total)
    if sys.stderr.isatty():
        filled = BAR_CELLS * done // total
        bar = "█" * filled + "░" * (BAR_CELLS - filled)
        show(f"\r  {bar} {done}/{total} {name[:30]:30}")
    elif done % 10 == 0:
        show(f"  {done}/{total} {name}\n")


def install(locks: list[str]) -> int:
    """Install what the locks name, every file's hash checked; gives pip's exit code."""
    total = sum(
        len(re.findall(r"^[A-Za-z0-9][\w.-]*==", (HERE / lock).read_text("utf-8"), re.M))
        for lock in locks
    )
    command = [str(VENV / "bin" / "python"), "-I", "-m", "pip", "install", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar", "off", "--require-hashes"]
    for lock in locks:
        command += ["-r", str(HERE / lock)]
    done, lines = 0, []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as pip:
        for line in pip.stdout or ():
            lines.append(line)
            if match := re.match(r"(?:Collecting|Requirement already satisfied:) ([\w.-]+)", line):
                done += 1
                progress(done, total, match[1])
    if sys.stderr.isatty():
        show("\n")
    if pip.returncode:
        sys.stderr.writelines(lines[-15:])
    return pip.returncode


def main(locks: list[str]) -> int:
    """Bring .venv up to date."""
    with alone():
        if fresh(locks):
            return 0
        (VENV / ".from-locks").unlink(missing_ok=True)
        if not runs(VENV / "bin" / "python"):
            say(
                "Setting kkiri up, once: making .venv and fetching its libraries (about a minute).",
                "처음 한 번 끼리를 준비합니다. .venv를 만들고 라이브러리를 받습니다(1분쯤).",
            )
            make()
        else:
            say("Bringing kkiri's libraries up to date.", "끼리의 라이브러리를 새로 맞춥니다.")
        if code := install(locks):
            say(
                "kkiri could not be set up: the lines above say why. Start again to go on.",
                "끼리를 준비하지 못했습니다. 이유는 위에 있습니다. 다시 시작하면 이어집니다.",
            )
            return code
        for lock in locks:
            shutil.copyfile(HERE / lock, copy_of(lock))
        (VENV / ".from-locks").touch()
        say("kkiri is set up.", "끼리가 준비되었습니다.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
