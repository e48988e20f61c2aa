"""How does a script get an emulator of its own?"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


@contextmanager
def local_emulator(folder: Path, *options: str) -> Iterator[dict[str, str]]:
    """Run an emulator on a free loopback port; `folder` gets its `tap.json` and `target.json`.

    Args:
        folder: Where the configs go.
        options: More of the command's options.

    Yields:
        The line it prints when it is ready: url, tenant_id, environment_name, client_id, client_secret.
    """
    command = [sys.executable, "-m", "dynamics_bc_emulator", "--port", "0", "--config-out", str(folder), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        ready = process.stdout.readline()
        if not ready:
            sys.exit(
                f"The emulator ended with {process.wait(timeout=20)} before it was ready; what it said stands above."
            )
        yield json.loads(ready)
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


def run(command: Sequence[str], *, environment: Mapping[str, str] | None = None, text: str | None = None) -> str:
    """What a command prints; ends with the command's own message if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, input=text)
    if done.returncode:
        sys.exit(f"`{' '.join(command)}` ended with {done.returncode}:\n{done.stderr.strip()}")
    return done.stdout
