"""Commands of an installation, as a person runs them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str | Path, code: int = 0, **environment: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command with some environment variables of its own; it must end with the given exit code."""
    variables = {**os.environ, **{name: str(value) for name, value in environment.items()}}
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        env=variables,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == code, f"{command}\n{done.stdout}\n{done.stderr}"
    return done
