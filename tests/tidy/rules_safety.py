"""Rules that keep strangers' words words: no shell, no code or markup made of text."""

import ast
import re
from pathlib import Path

from tests.tidy.tree import calls, files, last_name, sources

# these hand a line of text to a shell, or run text or bytes as a program
_SHELLS = {"system", "popen", "getoutput", "getstatusoutput", "create_subprocess_shell", "spawnl"}
_RUNS_TEXT = {"eval", "exec"}
_LOADS_CODE = {"pickle", "marshal", "shelve", "dill"}
_STARTS = {"Popen", "run", "call", "check_call", "check_output", "create_subprocess_exec", "execv"}
_SHELL_NAMES = {"sh", "bash", "/bin/sh", "/bin/bash", "cmd", "cmd.exe", "powershell"}
# sinks of trusted types, and what reaches them by another name
_MARKUP = re.compile(
    r"\b(innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|setHTMLUnsafe"
    r"|parseFromString|srcdoc|createPolicy|trustedTypes)\b|\bdocument\.write|\bnew Function\b"
    r"|\beval\(|javascript:|setTimeout\(\s*[\"'`]|setAttribute\(\s*[\"'`](?:on|style)"
)


def no_shell(root: Path) -> list[str]:
    """Other programs are started with a list of words, never through a shell (SAFETY W5)."""
    found = []
    for source in sources(root, "src", "tools"):
        for call in calls(source):
            name = last_name(call.func)
            where = f"{source.name}:{call.lineno} {name}"
            owner = last_name(call.func.value) if isinstance(call.func, ast.Attribute) else ""
            words = {word.arg: word.value for word in call.keywords}
            shell = words.get("shell")
            if name in _SHELLS or (name in _RUNS_TEXT and not owner):
                found.append(f"{where} runs a line of text")
            elif shell is not None and not (
                isinstance(shell, ast.Constant) and shell.value is False
            ):
                found.append(f"{where} may use a shell")
            elif owner in _LOADS_CODE:
                found.append(f"{where} of {owner} runs what it reads")
            elif name in _STARTS and owner in {"subprocess", "asyncio", "os"}:
                found += [f"{where} {fault}" for fault in _start_faults(call)]
    return found


def _start_faults(call: ast.Call) -> list[str]:
    first = call.args[0] if call.args else None
    given = first.elts if isinstance(first, ast.List | ast.Tuple) else call.args
    texts = [one.value for one in given if isinstance(one, ast.Constant)]
    if isinstance(first, ast.JoinedStr | ast.BinOp):
        return ["is given a text put together, not a list"]
    return ["starts a shell"] if set(map(str, texts)) & _SHELL_NAMES else []


def no_markup(root: Path) -> list[str]:
    """The page's scripts make elements; text never becomes markup, style or script (SAFETY W4)."""
    return [
        f"{path.relative_to(root).as_posix()}:{number} {match.group(0)}"
        for path in files(root, "src/kkiri/web/static")
        if path.suffix in {".js", ".html"}
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if (match := _MARKUP.search(line))
    ]
