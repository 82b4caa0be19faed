"""The text of config.toml with one setting changed; the person's comments and order stay."""

import tomlkit
from tomlkit.exceptions import TOMLKitError

from kkiri.base.errors import BadConfigError

Plain = str | int | bool | list[str]


def changed(text: str, name: str, value: Plain | None) -> str:
    """Give the text with the setting set, or without it for None; nothing else differs.

    Raises: BadConfigError when the text is not TOML.
    """
    try:
        document = tomlkit.parse(text)
    except (TOMLKitError, RecursionError, ValueError) as error:
        raise BadConfigError(f"config.toml: {error}"[:300]) from error
    if value is None:
        document.pop(name, None)
    else:
        document[name] = value
    return tomlkit.dumps(document)
