"""Takes from this process what it does not need, for good: network, writing, other files, memory.

Enforced everywhere: rlimits. On Linux besides: seccomp (no sockets, no programs, no signals to
others) and Landlock (nothing is written, only the named folders and Python itself are read), as
far as the kernel has them. On other systems the limits and the process boundary are what there is.
A process that reads through a pipe alone (`seal`) may open no file at all, not even Python's own.
"""

import contextlib
import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterable, Sequence
from enum import Enum
from pathlib import Path
from typing import Final

if sys.platform != "win32":
    import resource

OPEN_FILES_MAX = 32  # pipes, one media file, and modules that are imported late
SEALED_FILES_MAX = 3  # the standard three, which are pipes: nothing can be opened besides

_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_SECCOMP: Final = 22
_SECCOMP_MODE_FILTER: Final = 2
_RET_ALLOW: Final = 0x7FFF_0000
_RET_EPERM: Final = 0x0005_0001
_RET_KILL: Final = 0x8000_0000
_LD_WORD: Final = 0x20
_JUMP_EQUAL: Final = 0x15
_JUMP_GREATER_EQUAL: Final = 0x35
_RETURN: Final = 0x06
_X32: Final = 0x4000_0000
# open openat openat2 creat open_by_handle_at name_to_handle_at
_OPENING: Final = {"x86_64": (2, 257, 437, 85, 304, 303), "aarch64": (56, 437, 265, 264)}
# socket connect accept sendto bind listen socketpair accept4 execve execveat ptrace
# process_vm_readv process_vm_writev io_uring_setup kill tkill tgkill pidfd_send_signal unshare
# setns bpf mount keyctl userfaultfd
_REFUSED: Final = {
    "x86_64": (0xC000_003E, (41, 42, 43, 44, 49, 50, 53, 288, 59, 322, 101, 310, 311, 425, 62, 200,
                             234, 424, 272, 308, 321, 165, 250, 323)),
    "aarch64": (0xC000_00B7, (198, 203, 202, 206, 200, 201, 199, 242, 221, 281, 117, 270, 271, 425,
                              129, 130, 131, 424, 97, 268, 280, 40, 219, 282)),
}  # fmt: skip
_LANDLOCK_CREATE: Final = 444
_LANDLOCK_ADD: Final = 445
_LANDLOCK_RESTRICT: Final = 446
_LANDLOCK_VERSION: Final = 1
_LANDLOCK_BENEATH: Final = 1
_READ_FILE: Final = 1 << 2
_READ: Final = 1 << 0 | _READ_FILE | 1 << 3
_RIGHTS_BY_ABI: Final = ((5, (1 << 16) - 1), (3, (1 << 15) - 1), (2, (1 << 14) - 1))
_RIGHTS_FIRST: Final = (1 << 13) - 1
_SYSTEM_FOLDERS: Final = ("/usr", "/lib", "/lib64")


class Fence(Enum):
    """One thing that is enforced."""

    LIMITS = "limits"
    NO_NETWORK = "no-network"
    READ_ONLY = "read-only"
    NO_FILES = "no-files"


def confine(readable: Iterable[Path], more_bytes_max: int) -> frozenset[Fence]:
    """Give up everything but reading below some paths; says what this system enforces.

    Call with one thread running and everything imported.
    """
    if sys.platform == "win32":
        return frozenset()
    _limit(more_bytes_max)
    found = {Fence.LIMITS}
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
            if _landlock(libc, list(readable)):
                found.add(Fence.READ_ONLY)
            if _seccomp(libc):
                found.add(Fence.NO_NETWORK)
    return frozenset(found)


def seal(more_bytes_max: int, decoding_bytes_max: int) -> frozenset[Fence]:
    """Give up everything but the pipes that are open; says what this system enforces.

    Call with one thread running and everything imported, codecs of text too.
    """
    if sys.platform == "win32":
        return frozenset()
    _limit(more_bytes_max, decoding_bytes_max)
    found = {Fence.LIMITS}
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
            if _landlock(libc, None):
                found.add(Fence.READ_ONLY)
            if _seccomp(libc, _OPENING.get(platform.machine(), ())):
                found |= {Fence.NO_NETWORK, Fence.NO_FILES}
    resource.setrlimit(resource.RLIMIT_NOFILE, (SEALED_FILES_MAX, SEALED_FILES_MAX))
    return frozenset(found)


def bytes_for_decoding() -> None:
    """Let this process have the memory that pictures take, as far as `seal` left it."""
    if sys.platform == "linux":
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def cpu_seconds_more(seconds: int) -> None:
    """Let this process use so much more processor time; past it the system ends it."""
    if sys.platform == "win32":
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + seconds
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _limit(more_bytes: int, most_bytes: int = 0) -> None:
    if sys.platform == "win32":
        return
    limits = {
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_NOFILE: (OPEN_FILES_MAX, OPEN_FILES_MAX),
    }
    if sys.platform == "linux":  # macOS does not keep RLIMIT_AS
        now = _address_space()
        limits[resource.RLIMIT_AS] = (now + more_bytes, now + max(more_bytes, most_bytes))
    for name, value in limits.items():
        resource.setrlimit(name, value)


def _address_space() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _seccomp(libc: ctypes.CDLL, more: Sequence[int] = ()) -> bool:
    known = _REFUSED.get(platform.machine())
    if known is None:
        return False
    architecture, numbers = known[0], (*known[1], *more)
    steps = [(_LD_WORD, 0, 0, 4), (_JUMP_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _RET_KILL)]
    steps.append((_LD_WORD, 0, 0, 0))
    refused = [(_JUMP_GREATER_EQUAL, _X32), *((_JUMP_EQUAL, number) for number in numbers)]
    for place, (code, value) in enumerate(refused):
        steps.append((code, len(refused) - place, 0, value))
    steps += [(_RETURN, 0, 0, _RET_ALLOW), (_RETURN, 0, 0, _RET_EPERM)]
    program = b"".join(struct.pack("HBBI", *step) for step in steps)
    body = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(
        struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(body))
    )
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(header), 0, 0) == 0)


def _landlock(libc: ctypes.CDLL, readable: Sequence[Path] | None) -> bool:
    """Leave reading below some paths and Python itself; None leaves nothing."""
    abi = libc.syscall(_LANDLOCK_CREATE, None, 0, _LANDLOCK_VERSION)
    if abi < 1:
        return False
    rights = next((rights for least, rights in _RIGHTS_BY_ABI if abi >= least), _RIGHTS_FIRST)
    attributes = struct.pack("QQ", rights, 3) if abi >= 4 else struct.pack("Q", rights)
    ruleset = libc.syscall(_LANDLOCK_CREATE, attributes, len(attributes), 0)
    if ruleset < 0:
        return False
    own = {Path(sys.prefix), Path(sys.base_prefix), *map(Path, (*_SYSTEM_FOLDERS, *sys.path))}
    try:
        for path in () if readable is None else (*own, *readable):
            with contextlib.suppress(OSError):  # what is not there needs no rule
                _allow(libc, ruleset, path)
        return bool(libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path) -> None:
    handle = os.open(path, getattr(os, "O_PATH", 0) | os.O_CLOEXEC)
    try:
        rights = _READ if path.is_dir() else _READ_FILE
        rule = struct.pack("=Qi", rights, handle)
        libc.syscall(_LANDLOCK_ADD, ruleset, _LANDLOCK_BENEATH, rule, 0)
    finally:
        os.close(handle)
