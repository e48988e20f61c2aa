"""Which ids does a file of Singer messages leave behind: of records, with deletions applied?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from dynamics_bc_cli.verify.sides import DESTINATION, Part
from dynamics_bc_cli.verify.streams import DELETED_AT
from dynamics_bc_client.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from dynamics_bc_cli.verify.sides import Sides
    from dynamics_bc_cli.verify.streams import Compared


class _Message(msgspec.Struct):
    type: str = ""
    stream: str = ""
    record: dict[str, Any] | None = None
    version: int | None = None


_DECODER = msgspec.json.Decoder(_Message)


def read_singer_file(path: Path, sides: Sides, streams: Mapping[str, Compared]) -> None:
    """Put down the ids of a file; what it says of other streams is passed over.

    Args:
        path: The output of one run of the tap, or of several, one behind the other.
        sides: Where ids go.
        streams: Which streams are compared, by name.

    Raises:
        ConfigurationError: The file cannot be read, or holds what is no message.
    """
    for number, message in _messages(path):
        compared = streams.get(message.stream)
        if compared is None:
            continue
        if message.type == "RECORD":
            _take(sides, compared, message, f"{path}:{number}")
        elif message.type == "ACTIVATE_VERSION" and message.version is not None:
            sides.activate(DESTINATION, compared.name, message.version)


def check_singer_file(path: Path) -> None:
    """See that a file can be opened.

    Raises:
        ConfigurationError: It cannot.
    """
    try:
        path.open("rb").close()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(f'The Singer file "{path}" cannot be read ({error.strerror}).')


def _take(sides: Sides, compared: Compared, message: _Message, where: str) -> None:
    record = message.record
    if record is None or not set(compared.identity) <= record.keys():
        raise ConfigurationError(
            f"{where}: the record of {compared.name} lacks a part of its key ({', '.join(compared.identity)})."
        )
    part, row_id = Part(compared.name, compared.company_id(record)), compared.id(record)
    if record.get(DELETED_AT) is not None:
        sides.remove(DESTINATION, part, [row_id])
    else:
        sides.put(DESTINATION, [(part, row_id, False)], merge=True, version=message.version or 0)


def _messages(path: Path) -> Iterator[tuple[int, _Message]]:
    number = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, _DECODER.decode(line)
    except OSError as error:
        raise _unreadable(path, error) from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigurationError(
            f'Line {number} of the Singer file "{path}" is not a Singer message, or was cut off: {error}.'
        ) from error
