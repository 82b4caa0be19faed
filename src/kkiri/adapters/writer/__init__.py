"""The hub's writer process: its pipe, its inside, and how the hub keeps it running."""

from kkiri.adapters.writer.inside import write_until_closed
from kkiri.adapters.writer.outside import WriterProcess

__all__ = ["WriterProcess", "write_until_closed"]
