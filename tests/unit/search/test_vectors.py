"""The vectors of docs/protocol/search.md, for every program that reads or answers searches."""

import json
from pathlib import Path
from typing import Any

import pytest

from kkiri.base.types import Kind, UnixTime
from kkiri.search.hot import hot_bucket
from kkiri.search.korean import normalize, pieces
from kkiri.search.query import matches_query, parse, to_search
from kkiri.search.spelling import near
from kkiri.search.tokens import heads, initial_runs, words
from tests.unit.adapters.store.making import ANN

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "search.json").read_text()
)


@pytest.mark.parametrize("vector", VECTORS["normalize"])
def test_normalize(vector: dict[str, str]) -> None:
    assert normalize(vector["text"]) == vector["normal"]


@pytest.mark.parametrize("vector", VECTORS["tokens"])
def test_tokens(vector: dict[str, Any]) -> None:
    line = pieces(normalize(vector["text"]))
    assert sorted(set(words(line))) == vector["words"]
    assert sorted(set(heads(line))) == vector["heads"]
    assert sorted(set(initial_runs(line))) == vector["initials"]


@pytest.mark.parametrize("vector", VECTORS["travel"])
def test_travel(vector: dict[str, str]) -> None:
    assert to_search(parse(vector["typed"])) == vector["search"]
    assert to_search(parse(vector["search"])) == vector["search"]


@pytest.mark.parametrize("vector", VECTORS["matches"])
def test_matches(vector: dict[str, Any]) -> None:
    plain = VECTORS["record"]
    tags = tuple(tuple(tag) for tag in plain["tags"])
    record = ANN.sign(Kind(plain["kind"]), tags, plain["content"], UnixTime(plain["created_at"]))
    assert matches_query(parse(vector["search"]), record) is vector["answer"]


@pytest.mark.parametrize("vector", VECTORS["near"])
def test_near(vector: dict[str, Any]) -> None:
    assert near(vector["one"], vector["two"]) is vector["near"]


@pytest.mark.parametrize("vector", VECTORS["hot"])
def test_hot(vector: dict[str, int]) -> None:
    assert hot_bucket(vector["popularity"], UnixTime(vector["created_at"])) == vector["bucket"]
