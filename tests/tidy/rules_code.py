"""Rules on code that ruff, mypy and import-linter do not keep: each gives the faults it found."""

import ast
import re
from pathlib import Path

from tests.tidy.tree import (
    Source,
    assignments,
    calls,
    classes,
    functions,
    last_name,
    sources,
)

FUNCTION_LINES_MAX = 60  # STYLE: one screen
FILE_LINES_MAX = 400  # STYLE: one sitting
PUBLIC_METHODS_MAX = 15  # STYLE: one topic
_NOT_NAMES = {"Manager", "Helper", "Util", "Utils", "Handler", "Base", "Wrapper", "Processor"}
_LIMIT = re.compile(r"_?[A-Z][A-Z0-9_]*$")
# how many seconds a day has needs no reason
_UNITS = {"MINUTE_SECONDS", "HOUR_SECONDS", "DAY_SECONDS", "WEEK_SECONDS", "YEAR_SECONDS"}
_LIMIT_WORD = re.compile(r"(^|_)(MAX|MIN|LIMIT|SECONDS|MILLISECONDS|BYTES|HOURS|DAYS)(_|$)")
_HANGUL = re.compile("[가-힣]")
# what makes an immutable value, a type, or a logger (the one registry that Python itself keeps)
_CONSTANTS = set(
    "NewType TypeVar ParamSpec compile frozenset tuple Meta getLogger MappingProxyType"
    " Struct pack unpack maketrans fromkeys dict bytes fromhex range int float str sum max min"
    " timedelta encode digest split Path getcontext Decimal Fraction PurePosixPath".split()
)


def function_lines(root: Path) -> list[str]:
    """A function fits on a screen."""
    return [
        f"{source.name}:{node.lineno} {node.name} has {lines} lines"
        for source in sources(root)
        for node in functions(source)
        if (lines := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES_MAX
    ]


def file_lines(root: Path) -> list[str]:
    """A file is read in one sitting."""
    return [
        f"{source.name} has {lines} lines"
        for source in sources(root)
        if (lines := source.text.count("\n")) > FILE_LINES_MAX
    ]


def public_methods(root: Path) -> list[str]:
    """A class has one topic."""
    found = []
    for source in sources(root):
        for node in classes(source):
            kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
            names = [part.name for part in node.body if isinstance(part, kinds)]
            count = sum(not name.startswith("_") for name in names)
            if count > PUBLIC_METHODS_MAX:
                found.append(f"{source.name}:{node.lineno} {node.name} has {count} public methods")
    return found


def class_names(root: Path) -> list[str]:
    """A class is named after what it is."""
    return [
        f"{source.name}:{node.lineno} {node.name} is not a name"
        for source in sources(root)
        for node in classes(source)
        if _NOT_NAMES & set(re.findall(r"[A-Z][a-z0-9]*", node.name))
    ]


def _is_frozen(node: ast.ClassDef) -> bool:
    marks = [mark for mark in node.decorator_list if isinstance(mark, ast.Call)]
    words = [word for mark in marks for word in mark.keywords] + node.keywords
    frozen = any(
        word.arg == "frozen" and isinstance(word.value, ast.Constant) and word.value.value is True
        for word in words
    )
    return frozen or bool({last_name(base) for base in node.bases} & {"NamedTuple", "Enum"})


def _known_values(trees: list[Source]) -> set[str]:
    frozen = {node.name for source in trees for node in classes(source) if _is_frozen(node)}
    types = {
        name
        for source in trees
        for name, value, _ in assignments(source)
        if isinstance(value, ast.Call) and last_name(value.func) == "NewType"
    }
    return frozen | types | _CONSTANTS


def module_instances(root: Path) -> list[str]:
    """No module holds an instance, a registry or a singleton."""
    trees = sources(root, "src")
    known = _known_values(trees)
    found = []
    for source in trees:
        for name, value, line in assignments(source):
            empty = (isinstance(value, ast.List) and not value.elts) or (
                isinstance(value, ast.Dict) and not value.keys
            )
            made = isinstance(value, ast.Call) and last_name(value.func) not in known
            if (empty or made) and name != "__all__":
                found.append(f"{source.name}:{line} {name} is a module-level instance")
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Global):
                found.append(f"{source.name}:{node.lineno} global")
    return found


def broad_excepts(root: Path) -> list[str]:
    """Only app/run.py may catch everything; nobody suppresses everything."""
    broad = {"Exception", "BaseException"}
    found = []
    for source in sources(root, "src"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ExceptHandler):
                caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
                names = {"Exception" if one is None else last_name(one) for one in caught}
            elif isinstance(node, ast.Call) and last_name(node.func) == "suppress":
                names = {last_name(one) for one in node.args}
            else:
                continue
            passed_on = (
                isinstance(node, ast.ExceptHandler)
                and names == {"BaseException"}
                and isinstance(node.body[-1], ast.Raise)
                and node.body[-1].exc is None
            )  # to undo and raise again swallows nothing
            if names & broad and not passed_on and source.name != "src/kkiri/app/run.py":
                found.append(f"{source.name}:{node.lineno} catches everything")
    return found


def error_classes(root: Path) -> list[str]:
    """Every error has its own number and its sentence in both languages."""
    found: list[str] = []
    trees = sources(root, "src")
    family = {"KkiriError"}
    nodes = [(source, node) for source in trees for node in classes(source)]
    for _ in range(4):  # deeper families than this do not exist
        family |= {n.name for _, n in nodes if family & {last_name(base) for base in n.bases}}
    numbers: dict[int, str] = {}
    for source, node in nodes:
        if node.name not in family:
            continue
        where = f"{source.name}:{node.lineno} {node.name}"
        english, _, korean = (ast.get_docstring(node) or "").partition(" | ")
        if not english or _HANGUL.search(english) or not _HANGUL.search(korean):
            found.append(f"{where} has no `English. | 한국어.` docstring")
        number = _number(node)
        if number is None:
            found.append(f"{where} has no number")
        elif number in numbers:
            found.append(f"{where} has the number of {numbers[number]}")
        else:
            numbers[number] = node.name
    return found


def _number(node: ast.ClassDef) -> int | None:
    for part in node.body:
        if isinstance(part, ast.Assign):
            target, value = part.targets[0], part.value
        elif isinstance(part, ast.AnnAssign) and part.value is not None:
            target, value = part.target, part.value
        else:
            continue
        if last_name(target) == "number" and isinstance(value, ast.Constant):
            return value.value if isinstance(value.value, int) else None
    return None


def limit_reasons(root: Path) -> list[str]:
    """Every limit says why that number, on its line or the one above."""
    found = []
    for source in sources(root, "src"):
        lines = source.text.split("\n")
        for name, value, line in assignments(source):
            numeric = all(
                isinstance(part, ast.BinOp | ast.operator | ast.UnaryOp | ast.unaryop)
                or (isinstance(part, ast.Constant) and isinstance(part.value, int | float))
                for part in ast.walk(value)
            )
            if not numeric or not _LIMIT.match(name) or not _LIMIT_WORD.search(name):
                continue
            if name.lstrip("_") in _UNITS:
                continue
            above = lines[line - 2].lstrip() if line > 1 else ""
            here = " ".join(lines[line - 1 : value.end_lineno])
            comment = here.partition("#")[2] or above.partition("#")[2]
            if len(comment.strip()) < 5:
                found.append(f"{source.name}:{line} {name} does not say why")
    return found


def module_docstrings(root: Path) -> list[str]:
    """Every module says in its first line what it is."""
    return [
        f"{source.name} has no docstring"
        for source in sources(root)
        if source.tree.body and not ast.get_docstring(source.tree)
    ]


def silent_ignores(root: Path) -> list[str]:
    """An exception to a gate names the rule it breaks."""
    bare = re.compile(r"#\s*(type:\s*ignore(?!\[)|noqa(?!:\s*[A-Z])|ruff:\s*noqa|mypy:\s*ignore)")
    return [
        f"{source.name}:{number} {match[0]}"
        for source in sources(root)
        for number, line in enumerate(source.text.split("\n"), 1)
        if (match := bare.search(line))
    ]


def unit_sleeps(root: Path) -> list[str]:
    """A unit test never sleeps: `asyncio.sleep(0)` lets others run, virtual time costs none."""
    found = []
    for source in sources(root, "tests/unit"):
        virtual = re.search(
            r"^from tests\.fakes\S* import .*\bvirtual\b|tests\.fakes\.virtual|"
            r"^    virtual,$",
            source.text,
            re.M,
        )
        for call in calls(source):
            if last_name(call.func) != "sleep":
                continue
            first = call.args[0] if call.args else None
            nothing = isinstance(first, ast.Constant) and first.value == 0
            if ast.unparse(call.func) == "time.sleep" or not (nothing or virtual):
                found.append(f"{source.name}:{call.lineno} sleeps")
    return found


def naked_tasks(root: Path) -> list[str]:
    """A task is started in a group, and has a name."""
    found = []
    for source in sources(root, "src"):
        for call in calls(source):
            if not isinstance(call.func, ast.Attribute) or call.func.attr != "create_task":
                continue
            owner = last_name(call.func.value)
            if not owner or "loop" in owner or owner == "asyncio":
                found.append(f"{source.name}:{call.lineno} starts a task outside a group")
            elif not any(word.arg == "name" for word in call.keywords):
                found.append(f"{source.name}:{call.lineno} starts a task without a name")
    return found


def skips(root: Path) -> list[str]:
    """A test runs or fails; none is skipped."""
    words = {"skip", "skipif", "importorskip", "xfail"}
    return [
        f"{source.name}:{node.lineno} {node.attr}"
        for source in sources(root, "tests")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and node.attr in words
    ]
