"""What does a HotGlue job add to a run, and what does it read of it?

A job has an id map in its snapshot folder, may bring the state of an earlier run, and reads outcomes from standard
output. Anybody else reads Singer's STATE there.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.store_folder import is_there
from target_dynamics_bc.json_lines import to_json_line
from target_dynamics_bc.kept.id_map import IdMap
from target_dynamics_bc.kept.job_state import AFTER_A_CRASH, DoneBefore, JobState, read_done

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import IO

    from target_dynamics_bc.kept.outcomes import Outcome
    from target_dynamics_bc.settings import TargetSettings


class Job:
    """Whoever started the run, and reads its standard output.

    Args:
        settings: The target's settings.
        variables: The environment variables.
        output: Gives where lines are printed.
        state_path: The state of an earlier run, whose successes are not written again.

    Raises:
        ConfigurationError: A state cannot be read.
    """

    def __init__(
        self,
        settings: TargetSettings,
        *,
        variables: Mapping[str, str],
        output: Callable[[], IO[str]],
        state_path: Path | None = None,
    ) -> None:
        self._settings = settings
        self._output = output
        self._state = JobState() if settings.state_format == "hotglue" else None
        flow, folder = variables.get("FLOW"), settings.snapshot_dir
        self.id_map = IdMap(folder, flow) if flow and folder is not None else None
        self.done_before = self._read_done(state_path)

    def hear(self, outcome: Outcome) -> None:
        """Take an outcome."""
        if self._state is not None:
            self._state.add(outcome)
        if self.id_map is not None and not self._settings.keeps_nothing:
            self.id_map.add(outcome)

    def write_state(self, value: Any) -> None:
        """Print a STATE's value that nothing holds back any more; for a job, its outcomes now and then."""
        if self._state is None:
            self._print(value)
        elif self._state.is_due():
            self._print(self._state.to_json())

    def close(self) -> None:
        """Print all outcomes, which is what a job reads, and save its id map."""
        if self._state is not None:
            self._print(self._state.to_json())
        if self.id_map is not None:
            self.id_map.save()

    def _read_done(self, state_path: Path | None) -> DoneBefore:
        """What the given state calls done, and what a job that crashed in this folder left."""
        paths = [state_path] if state_path is not None else []
        crashed = Path(AFTER_A_CRASH)
        if self._state is not None and is_there(crashed):
            paths.append(crashed)
        return {record: id_ for path in paths for record, id_ in read_done(path).items()}

    def _print(self, content: Any) -> None:
        if self._settings.keeps_nothing:
            return  # whoever keeps a STATE of records that were not written would never send them again
        output = self._output()
        output.write(to_json_line(content))
        output.flush()
