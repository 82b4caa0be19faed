"""The repository keeps every tidy rule; test_planted.py shows that each rule can fail."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tidy import rules_code, rules_files, rules_safety
from tests.tidy.tree import REPO

Rule = Callable[[Path], list[str]]


def rules() -> list[Rule]:
    """Give every rule: the public functions of the three rule modules that take the repository."""
    return [
        value
        for module in (rules_code, rules_files, rules_safety)
        for value in vars(module).values()
        if callable(value)
        and getattr(value, "__module__", "") == module.__name__
        and not value.__name__.startswith("_")
    ]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.__name__)
def test_kept(rule: Rule) -> None:
    assert rule(REPO) == []
