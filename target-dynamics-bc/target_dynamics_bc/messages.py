"""How are the lines of the input read as Singer messages?

Blank lines and a byte order mark mean nothing. What is no message ends the run, with one sentence that names the line;
so does a line without an end, before it fills the memory.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import IO, TYPE_CHECKING, Any

from singer_sdk.singerlib.encoding import SimpleSingerReader

from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_plugin.config_file import meant
from target_dynamics_bc.json_lines import from_json
from target_dynamics_bc.texts import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_SHOWN = 80
LINE_CHARACTERS = 256 * 1024 * 1024
"""Characters of a line: room for files in base64, of which the service takes no more."""
_BYTE_ORDER_MARK = "\ufeff"
_UTF_16 = ("\udcff\udcfe", "\udcfe\udcff")
"""Its byte order marks, as what is no UTF-8 is kept."""


class InputError(DynamicsError):
    """The input is no stream of Singer messages from here on."""


class MessageReader(SimpleSingerReader):
    """Reads Singer messages with exact decimals.

    Attributes:
        leaves_out_what_is_broken: A line that is no message is no end: whoever reads the same file names it.
    """

    leaves_out_what_is_broken = False

    def process_lines(
        self, file_input: IO[str] | None, callbacks: Mapping[str, Callable[[dict[str, Any]], None]]
    ) -> Counter[str]:
        """Hand each message to the callback of its type, and count them by type.

        Raises:
            InputError: A line is no message.
        """
        counter: Counter[str] = Counter()
        for number, line in enumerate(_lines(_as_utf8(file_input or self.default_input)), 1):
            text = line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
            if not text.strip():
                continue
            try:
                counter[_handed_over(text, number, callbacks)] += 1
            except InputError:
                if not self.leaves_out_what_is_broken:
                    raise
        return counter

    def deserialize_json(self, line: str) -> dict[str, Any]:
        """One line as a message.

        Raises:
            InputError: It is none.
        """
        return _message(line, "A line of the input")


def required(message: Mapping[str, Any], name: str, kind: type, noun: str) -> Any:
    """What a message has to have.

    Raises:
        InputError: It has not, or it is something else.
    """
    value = message.get(name)
    if not isinstance(value, kind):
        stream = f" of the stream {message['stream']}" if isinstance(message.get("stream"), str) else ""
        raise InputError(f'A {message.get("type")} message{stream} needs "{name}", which must be {noun}.')
    return value


def _handed_over(text: str, number: int, callbacks: Mapping[str, Callable[[dict[str, Any]], None]]) -> str:
    """Hand a line's message to the callback of its type, which is returned.

    Raises:
        InputError: It is no message.
    """
    message = _message(text, f"Line {number} of the input")
    type_ = message.get("type")
    callback = callbacks.get(type_) if isinstance(type_, str) else None
    if callback is None:
        what = f'is of the type "{_shown(str(type_))}", which Singer does not have' if type_ else "has no type"
        raise InputError(f"Line {number} of the input {what}: {_shown(text)}")
    callback(message)
    return str(type_)


def _message(line: str, place: str) -> dict[str, Any]:
    """A line as a message.

    Raises:
        InputError: It is none.
    """
    try:
        message = from_json(line)
    except json.JSONDecodeError as error:
        if line.startswith(_UTF_16):
            raise InputError(
                "The input is UTF-16, and Singer messages are UTF-8; before version 6, PowerShell's `>` writes UTF-16."
            ) from error
        raise InputError(f"{place} is not JSON (column {error.colno}: {meant(error)}): {_shown(line)}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{place} is not JSON ({error}): {_shown(line)}") from error
    if not isinstance(message, dict):
        raise InputError(f"{place} is not a Singer message: {_shown(line)}")
    return message


def _lines(source: IO[str]) -> Iterator[str]:
    """The lines of the input.

    Raises:
        InputError: One is too long.
    """
    number = 0
    while line := source.readline(LINE_CHARACTERS):
        number += 1
        if len(line) == LINE_CHARACTERS and not line.endswith("\n"):
            raise InputError(
                f"Line {number} of the input has more than {LINE_CHARACTERS:,} characters: {_shown(line)} ... Singer "
                "messages stand on lines of their own; send large files by attachments_path."
            )
        yield line


def _as_utf8(source: IO[str]) -> IO[str]:
    """The input as UTF-8, whatever the machine's own encoding is; bytes that are none become halves of pairs."""
    reconfigure = getattr(source, "reconfigure", None)  # a text in memory has none
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="surrogateescape")
    return source


def _shown(line: str) -> str:
    return printable(line[:_SHOWN].rstrip())
