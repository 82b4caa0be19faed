"""The person's key."""

from pathlib import Path

VECTORS = Path(__file__).resolve().parents[3] / "vectors" / "keys.json"
