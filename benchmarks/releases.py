"""How is a command of one release run, whatever is installed beside it?"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TIMEOUT_SECONDS = 1800.0
_OF_A_JOB = ("JOB_ID", "API_URL", "API_KEY", "FLOW", "TENANT", "ENV_ID", "TAP", "TARGET", "SNAPSHOT_DIR")
"""Variables that make a run a HotGlue job."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended and what it wrote."""

    code: int
    output: bytes
    log: bytes


@dataclass(frozen=True, slots=True)
class Release:
    """A release that is installed in an environment of its own.

    Attributes:
        name: What a report calls it.
        python: The environment's interpreter; the commands lie beside it.
    """

    name: str
    python: Path

    def tap(self, *arguments: str | Path) -> Ran:
        """Run the tap."""
        return self._run("tap-dynamics-bc", arguments)

    def target(self, *arguments: str | Path) -> Ran:
        """Run the target."""
        return self._run("target-dynamics-bc", arguments)

    def _run(self, command: str, arguments: Sequence[str | Path]) -> Ran:
        path = self.python.with_name(command)
        if not path.exists():
            sys.exit(
                f"The {self.name} release has no {path}; name the interpreter of an environment it is installed in."
            )
        environment = {name: value for name, value in os.environ.items() if name not in _OF_A_JOB}
        done = subprocess.run(
            [path, *arguments],
            capture_output=True,
            check=False,
            env=environment,
            stdin=subprocess.DEVNULL,
            timeout=TIMEOUT_SECONDS,
        )
        return Ran(done.returncode, done.stdout, done.stderr)


def succeeded(release: Release, ran: Ran) -> Ran:
    """A run that must not have failed: where it did, nothing can be compared, and its log says why."""
    if ran.code:
        log = ran.log.decode(errors="replace")[-4000:]
        sys.exit(f"The {release.name} release ended with exit code {ran.code}; its log ends:\n{log}")
    return ran
