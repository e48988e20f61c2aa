"""Where do records wait for others?"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from dynamics_bc_client.store_folder import make_folder
from target_dynamics_bc.json_lines import from_json, to_json_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record as it came.

    Attributes:
        stream: Its stream.
        position: Its place in the input.
        record: Itself.
        own: Whether it is in the service's own names.
        has_waited: Whether it was read before, and waited for another one.
    """

    stream: str
    position: int
    record: Mapping[str, Any]
    own: bool = False
    has_waited: bool = False


class Spool:
    """Records that wait on the disk, in the order in which they came. The file has no name and goes with the process.

    Args:
        folder: Where the disk space is; None for the system's place for temporary files.
    """

    def __init__(self, folder: Path | None) -> None:
        if folder is not None:
            make_folder(folder)
        self._folder = folder
        self._file: IO[str] | None = None

    def add(self, arrival: Arrival) -> None:
        """Let a record wait."""
        if self._file is None:
            self._file = tempfile.TemporaryFile("w+", encoding="utf-8", dir=self._folder)  # noqa: SIM115 - lives as long as the spool
        self._file.write(to_json_line([arrival.stream, arrival.position, arrival.record, arrival.own]))

    def take(self) -> Iterator[Arrival]:
        """All records that wait; afterwards none does."""
        file, self._file = self._file, None
        if file is None:
            return
        with file:
            file.seek(0)
            for line in file:
                stream, position, record, own = from_json(line)
                yield Arrival(stream, position, record, own, has_waited=True)
