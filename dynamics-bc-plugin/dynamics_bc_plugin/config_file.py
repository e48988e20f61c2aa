"""What does a JSON file hold that a user gave us: config, state or catalog?

Files come from editors, shells and job runners: with a byte order mark, empty, cut off, with a comma too many. What is
wrong is said in one sentence with its place, and nothing of the file is quoted: it may hold secrets.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.odata.nesting import check_nesting
from dynamics_bc_client.store_folder import is_there

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


_SET_ONCE = ("config", "tenant config")
"""Files that decide what is written: JSON would take the last of two values of one name without a word."""

MOST_CHARACTERS = 512 * 1024 * 1024
"""Characters of a file: room for the states of years, one to a line. A device has no end."""


def read_object(path: Path, what: str) -> dict[str, Any]:
    """The object in a file.

    Args:
        path: The file; `~` is the user's home, `-` is standard input.
        what: What it is to the user, such as `config`.

    Raises:
        ConfigurationError: The file cannot be read, or holds no JSON object.
    """
    path = path.expanduser()
    name = _named(path, what)
    return parsed_object(_text_of(path, name), name, sets_once=what in _SET_ONCE)


def object_text(path: Path, what: str) -> str:
    """The text of a file that holds an object, as it is but for a byte order mark.

    Raises:
        ConfigurationError: The file cannot be read, or holds no JSON object.
    """
    name = _named(path, what)
    text = _text_of(path, name).removeprefix("\ufeff")
    parsed_object(text, name)
    return text


def read_objects(paths: Iterable[Path], what: str) -> dict[str, Any]:
    """The objects in several files as one: what a later file holds replaces what an earlier one does.

    Raises:
        ConfigurationError: One of them cannot be read, or holds no JSON object.
    """
    merged: dict[str, Any] = {}
    for path in paths:
        merged |= read_object(path, what)
    return merged


def read_if_there(path: Path, what: str) -> str:
    """The text of a file that need not exist: blank when it does not, or when it is empty.

    Raises:
        ConfigurationError: It cannot be read.
    """
    path = path.expanduser()
    name = _named(path, what)
    return _text_of(path, name) if is_there(path) or str(path) == "-" else ""


def parsed_object(text: str, name: str, *, sets_once: bool = False) -> dict[str, Any]:
    """The object that a text is in JSON.

    Args:
        text: The text, with or without a byte order mark.
        name: What to call its source in a message: `The config file "tap.json"`.
        sets_once: Whether a name may not have two values.

    Raises:
        ConfigurationError: It is no JSON object, or gives one name two values.
    """
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise ConfigurationError(f"{name} is empty; it must hold a JSON object.")
    try:
        check_nesting(text)
        content = json.loads(text, object_pairs_hook=_set_once if sets_once else None)
    except json.JSONDecodeError as found:
        error = _behind_the_comma(found)
        wrong = _NO_BRACE if _begins_as_another_format(error) else meant(error)
        raise ConfigurationError(f"{name} is not JSON: line {error.lineno}, column {error.colno}: {wrong}.") from error
    except _SetTwice as error:
        raise ConfigurationError(f'{name} gives "{error}" two values; remove the one that does not hold.') from error
    except (ValueError, RecursionError) as error:
        # A number of thousands of digits, or lists thousands deep: nobody wrote that by hand.
        raise ConfigurationError(f"{name} is not JSON that can be read: {_reason(error)}.") from error
    if not isinstance(content, dict):
        raise ConfigurationError(f"{name} must hold a JSON object, not {_kind(content)}.")
    return content


def _named(path: Path, what: str) -> str:
    """What to call a file in a message.

    Raises:
        ConfigurationError: It is no file's name but what should stand in the file, secrets and all.
    """
    if str(path).lstrip()[:1] in {"{", "["} and not os.path.exists(path):  # noqa: PTH110 - a name that is too long is none
        raise ConfigurationError(
            f"A {what} file is named by its path; what is given is JSON. Write it into a file: other users of the "
            "machine see what stands in a command line."
        )
    return f'The {what} file "{path}"'


def _text_of(path: Path, name: str) -> str:
    try:
        if str(path) == "-":
            if sys.stdin is None:
                raise ConfigurationError(f"{name} cannot be read: standard input is closed.")
            text = sys.stdin.read(MOST_CHARACTERS + 1)
        else:
            with path.open(encoding="utf-8-sig") as file:
                text = file.read(MOST_CHARACTERS + 1)
        if len(text) > MOST_CHARACTERS:
            raise ConfigurationError(
                f"{name} cannot be read: it has more than {MOST_CHARACTERS:,} characters, so it is another one."
            )
        return text
    except IsADirectoryError as error:
        raise ConfigurationError(f"{name} cannot be read: it is a folder.") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{name} cannot be read: it is not UTF-8; save it as UTF-8.") from error
    except OSError as error:
        raise ConfigurationError(f"{name} cannot be read: {error.strerror}.") from error


class _SetTwice(Exception):  # noqa: N818 - what happened; its text is the name
    """One name of an object has two values."""


def _set_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of names and values; the same value twice does no harm."""
    content: dict[str, Any] = {}
    for name, value in pairs:
        if name in content and content[name] != value:
            raise _SetTwice(name)
        content[name] = value
    return content


def _reason(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else "a number in it is too long"


def _kind(content: Any) -> str:
    return {list: "a list", str: "a text", bool: "true or false", type(None): "null"}.get(type(content), "a number")


def _behind_the_comma(error: json.JSONDecodeError) -> json.JSONDecodeError:
    """The error where it is seen: Python 3.13 says it of the comma, not of what follows it."""
    if not error.msg.startswith("Illegal trailing comma"):
        return error
    rest = error.doc[error.pos + 1 :]
    return json.JSONDecodeError(error.msg, error.doc, len(error.doc) - len(rest.lstrip(" \t\n\r")))


def _begins_as_another_format(error: json.JSONDecodeError) -> bool:
    """Whether a file begins with a name, as YAML and files of variables do."""
    begins = error.doc[error.pos :].lstrip()[:1]
    return not error.doc[: error.pos].strip() and (begins.isalpha() or begins == "-")


_NO_BRACE = "a JSON object begins with a brace ({), and this does not"


def meant(error: json.JSONDecodeError) -> str:
    """What the decoder found, and what was probably meant, without quoting anything."""
    rest = error.doc[error.pos :].lstrip()
    if not rest:
        return "it ends too early; a closing brace or quote is missing"
    if error.msg.startswith(("Expecting value", "Expecting property name", "Illegal trailing comma")):
        if rest[0] in "}]" and not error.doc[: error.pos].rstrip().endswith(","):
            return "a value is missing before this"
        return _MISTAKES_BY_SIGN.get(rest[0]) or _mistake_by_word(rest) or "a name or a value is missing here"
    if error.msg.startswith("Invalid control character") and error.doc[error.pos] == "\t":
        return r"write \t for a tab in a text"
    return next((meant for said, meant in _MISTAKES if error.msg.startswith(said)), error.msg)


_MISTAKES_BY_SIGN = {
    "}": "remove the comma before this brace",
    "]": "remove the comma before this bracket",
    "'": 'use double quotes (") for names and texts',
    "\u201c": 'use plain double quotes (") for names and texts',
    "\u201e": 'use plain double quotes (") for names and texts',
    "/": "remove the comment; JSON has none",
    "#": "remove the comment; JSON has none",
    ",": "a value is missing before this comma",
    "\0": "it is UTF-16; save it as UTF-8",
}
_MISTAKES = (
    ("Expecting ',' delimiter", "a comma is missing before this, or a quote inside a text needs a backslash"),
    ("Expecting ':' delimiter", "a colon is missing after the name"),
    ("Unterminated string", 'the text that begins here has no closing quote (")'),
    ("Invalid control character", 'a text runs over the end of its line; close it with a quote (")'),
    ("Invalid \\", r"write \\ for a backslash, as in C:\\folder"),
    ("Extra data", "something follows the end of the object"),
)


def _mistake_by_word(rest: str) -> str:
    for word, meant in (("True", "true"), ("False", "false"), ("None", "null")):
        if rest.startswith(word):
            return f"write {meant}, not {word}"
    return 'put names and texts in double quotes (")' if rest[0].isalpha() else ""
