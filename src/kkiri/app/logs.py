"""What the peer writes while it runs: constant sentences with their facts behind, one line each."""

import logging

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
FACT_CHARS_MAX = 300  # a fact may be a stranger's word


class FactsFormatter(logging.Formatter):
    """Adds the facts given in `extra=` behind the sentence, control characters escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """Give one line."""
        line = super().format(record)
        facts = {name: value for name, value in vars(record).items() if name not in _OWN}
        shown = " ".join(f"{name}={str(value)[:FACT_CHARS_MAX]!r}" for name, value in facts.items())
        return f"{line} [{shown}]" if shown else line


def set_up(verbose: bool) -> None:
    """Write to stderr: everything of ours in the background, warnings in the foreground."""
    stream = logging.StreamHandler()
    stream.setFormatter(FactsFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(stream)
    root.setLevel(logging.WARNING)
    logging.getLogger("kkiri").setLevel(logging.INFO if verbose else logging.WARNING)
