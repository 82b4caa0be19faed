"""Runs a script beside the page, in a world of its own: the page's policy stays as it is."""

import json
from pathlib import Path
from typing import Any

from tests.e2e.browser import Browser

AXE = Path(__file__).parents[1] / "node" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
GRAVE = {"serious", "critical"}
_ASK = f"""
axe.run(document, {{resultTypes: ['violations'], runOnly: {json.dumps(RULES)}}})
  .then((told) => told.violations.map(({{id, impact, nodes}}) => ({{id, impact, nodes: nodes.map(
    ({{target, failureSummary}}) => target.join(' ') + ': ' + failureSummary)}})))
"""


def aside(page: Browser, *scripts: str) -> Any:
    """Run scripts one after the other in a fresh world; give the last one's value."""
    frame = page.say("Page.getFrameTree")["frameTree"]["frame"]["id"]
    world = page.say("Page.createIsolatedWorld", frameId=frame, worldName="aside")
    value = None
    for script in scripts:
        answer = page.say(
            "Runtime.evaluate",
            expression=script,
            contextId=world["executionContextId"],
            returnByValue=True,
            awaitPromise=True,
        )
        assert "exceptionDetails" not in answer, json.dumps(answer["exceptionDetails"])[:2000]
        value = answer["result"].get("value")
    return value


def axe(page: Browser) -> list[str]:
    """Ask axe-core what is wrong with the page as it stands; the serious and critical findings."""
    told = aside(page, AXE.read_text("utf-8"), _ASK)
    return [
        f"{one['impact']} {one['id']}: {len(one['nodes'])}× {one['nodes'][0]}"
        for one in told
        if one["impact"] in GRAVE
    ]
