"""What is in a JSON file that the user gave, and what is wrong with it?"""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING, Any, cast

from dynamics_bc_client.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path


def read_object(path: Path, what: str) -> dict[str, Any]:
    """The object in a file.

    Args:
        path: The file.
        what: What it is to the user, such as `config`.

    Raises:
        ConfigurationError: The file cannot be read, or holds no JSON object.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(f'The {what} file "{path}" cannot be read: {reason}.') from error
    return _parsed(text, f'The {what} file "{path}"')


def parse_stream(stream: IO[str] | None, what: str) -> dict[str, Any] | None:
    """The object in an open file; None without a file.

    Args:
        stream: The file.
        what: What it is to the user, such as `state`.

    Raises:
        ConfigurationError: The file holds no JSON object.
    """
    return None if stream is None else _parsed(stream.read(), f'The {what} file "{stream.name}"')


def _parsed(text: str, what: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError as error:
        # The decoder says where, and quotes nothing of the file.
        raise ConfigurationError(f"{what} is not JSON: {error}.") from error
    if not isinstance(content, dict):
        raise ConfigurationError(f"{what} must hold a JSON object.")
    return cast("dict[str, Any]", content)
