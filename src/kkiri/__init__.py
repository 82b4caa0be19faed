"""kkiri: people find, fetch, publish and trade directly among themselves."""

from typing import Final

__version__: Final = "0.1.0"
