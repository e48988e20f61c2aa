"""Which id in Business Central did an earlier HotGlue job give to a sender's id?

A job keeps one CSV file for each sink in its snapshot folder, `{sink}_{FLOW}.snapshot.csv` with the columns `InputId`
and `RemoteId`. A record with an `externalId` and no `id` is looked for by its `RemoteId` first. What is written is
added at the end of the run; a run that is killed before leaves that to the next one.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.store_folder import StoreFolder
from target_dynamics_bc.kept.masking import masked
from target_dynamics_bc.kept.outcomes import NOT_DONE

if TYPE_CHECKING:
    from pathlib import Path

    from target_dynamics_bc.kept.outcomes import Outcome

_COLUMNS = ["InputId", "RemoteId"]
_LEADING_AWAY = re.compile(r"[/\\:\x00-\x1f]")


class IdMap:
    """The files of one flow; each is read when it is first asked for.

    Args:
        folder: The snapshot folder.
        flow: The flow's id, from the job's environment.
    """

    def __init__(self, folder: Path, flow: str) -> None:
        self._folder = StoreFolder(folder)
        self._flow = flow
        self._pairs: dict[str, dict[str, str]] = {}
        self._changed: set[str] = set()

    def remote_id(self, sink: str, external_id: str | None) -> str | None:
        """The id that a sender's id stands for; None when there is none.

        Raises:
            ConfigurationError: The file is there and cannot be read.
        """
        pairs = self._of(sink)
        return pairs.get(external_id or "") or pairs.get(masked(external_id) or "")

    def add(self, outcome: Outcome) -> None:
        """Take what became of a record."""
        external_id = masked(outcome.external_id)
        if outcome.kind in {*NOT_DONE, "deleted"} or external_id is None or outcome.id is None:
            return
        pairs = self._of(outcome.stream)
        if pairs.get(external_id) != outcome.id:
            pairs[external_id] = outcome.id
            self._changed.add(self._name(outcome.stream))

    def save(self) -> None:
        """Write the files that have new pairs, each as a whole.

        Raises:
            ConfigurationError: The folder cannot be written to.
        """
        for name in sorted(self._changed):
            text = io.StringIO()
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow(_COLUMNS)
            writer.writerows(self._pairs[name].items())
            self._folder.write_atomically(name, text.getvalue().encode())
        self._changed.clear()

    def _of(self, sink: str) -> dict[str, str]:
        name = self._name(sink)
        if name not in self._pairs:
            self._pairs[name] = self._read(name)
        return self._pairs[name]

    def _read(self, name: str) -> dict[str, str]:
        content = self._folder.read(name)
        if content is None:
            return {}
        try:
            rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
            if not set(_COLUMNS) <= set(rows.fieldnames or ()):
                raise ConfigurationError(f'The id map "{name}" must have the columns {" and ".join(_COLUMNS)}.')
            return {row["InputId"]: row["RemoteId"] for row in rows if row["InputId"] and row["RemoteId"]}
        except (UnicodeDecodeError, csv.Error) as error:
            raise ConfigurationError(f'The id map "{name}" cannot be read ({error}).') from error

    def _name(self, sink: str) -> str:
        # A sink is called what the sender calls it, with blanks around it or not, and its file stays in the folder.
        return f"{_LEADING_AWAY.sub('_', sink.strip())}_{self._flow}.snapshot.csv"
