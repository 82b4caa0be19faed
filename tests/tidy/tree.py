"""Reads the repository's files for the tidy rules: never imports what it judges."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
CODE_FOLDERS = ("src", "tests", "bench", "tools")
_NOT_OURS = {"node_modules", "__pycache__"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One Python file."""

    name: str
    """Path below the repository, with `/`."""
    text: str
    tree: ast.Module

    @property
    def ours(self) -> bool:
        """Say whether it belongs to the program."""
        return self.name.startswith("src/")


def sources(root: Path, *folders: str) -> list[Source]:
    """Read the Python files of some folders, of all that hold code when none is named."""
    return [
        _source(path, path.relative_to(root).as_posix(), stat.st_mtime_ns, stat.st_size)
        for path in files(root, *(folders or CODE_FOLDERS))
        if path.suffix == ".py" and (stat := path.stat())
    ]


@lru_cache(maxsize=4096)
def _source(path: Path, name: str, _mtime_ns: int, _size: int) -> Source:
    """Parse one state of a file once for all rules."""
    text = path.read_text("utf-8")
    return Source(name=name, text=text, tree=ast.parse(text))


def files(root: Path, *folders: str) -> list[Path]:
    """List the files of some folders that are ours."""
    return sorted(
        path
        for folder in folders
        for path in (root / folder).rglob("*")
        if path.is_file() and not _NOT_OURS & set(path.parts)
    )


def classes(source: Source) -> Iterator[ast.ClassDef]:
    """Give every class of a file."""
    return (node for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef))


def functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Give every function of a file."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return (node for node in ast.walk(source.tree) if isinstance(node, kinds))


def calls(source: Source) -> Iterator[ast.Call]:
    """Give every call of a file."""
    return (node for node in ast.walk(source.tree) if isinstance(node, ast.Call))


def assignments(source: Source) -> Iterator[tuple[str, ast.expr, int]]:
    """Give (name, value, line) of each assignment at the top of a module."""
    for node in source.tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value, node.lineno
        elif isinstance(node, ast.AnnAssign) and node.value and isinstance(node.target, ast.Name):
            yield node.target.id, node.value, node.lineno


def last_name(node: ast.expr) -> str:
    """Give the last word of a dotted name, `compile` for `re.compile`; empty for anything else."""
    if isinstance(node, ast.Subscript):
        return last_name(node.value)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
