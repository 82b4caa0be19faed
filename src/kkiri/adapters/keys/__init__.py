"""The person's key: its file, its twelve words, its locked form. It goes nowhere else."""

from kkiri.adapters.keys.key_file import load_or_make

__all__ = ["load_or_make"]
