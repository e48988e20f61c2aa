"""How does the demo run a command, and what does the reader see of it?"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = Path("demo-output")

# Wide enough for a line per record also where nobody watches.
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 130)


def tool(name: str) -> str:
    """The path of one of the project's commands, from the environment the demo runs in."""
    return str(Path(sys.executable).with_name(name))


def heading(number: int, text: str) -> None:
    """Print the title of a step."""
    console.print(f"\n[bold]({number}) {text}[/bold]")


def show(command: Sequence[str]) -> None:
    """Print a command as a reader would type it."""
    words = [Path(word).name if word.startswith(str(ROOT)) or "/bin/" in word else word for word in command]
    console.print(f"  $ {' '.join(words)}", style="dim", markup=False)


def run(command: Sequence[str], *, into: Path, allowed: Sequence[int] = (0,)) -> int:
    """Run a command with its standard output in a file and its log beside it; end the demo on any other exit code."""
    log = into.with_suffix(".log")
    show([*command, ">", str(into)])
    with into.open("wb") as output, log.open("wb") as errors:
        code = subprocess.run(command, stdout=output, stderr=errors, check=False).returncode
    stop_unless(code in allowed, log)
    return code


def pipe(tap: Sequence[str], loader: Sequence[str], *, records: Path) -> dict[str, Any]:
    """Pipe the tap into the loader, keep the messages in a file; returns the last state that the loader confirmed."""
    show([*tap, "|", "tee", str(records), "|", "target-duckdb", *loader[2:]])
    log = records.with_suffix(".log")
    with log.open("wb") as errors:
        reading = subprocess.Popen(tap, stdout=subprocess.PIPE, stderr=errors)
        keeping = subprocess.Popen(["tee", str(records)], stdin=reading.stdout, stdout=subprocess.PIPE)
        loading = subprocess.run(loader, stdin=keeping.stdout, stdout=subprocess.PIPE, stderr=errors, check=False)
        codes = (reading.wait(), keeping.wait(), loading.returncode)
    stop_unless(codes == (0, 0, 0), log)
    state: dict[str, Any] = json.loads(loading.stdout.splitlines()[-1])
    return state


def stop_unless(good: bool, log: Path) -> None:
    """End the demo with the last of a log when a command failed."""
    if not good:
        console.print(log.read_text()[-4000:], markup=False)
        sys.exit(f"The demo stopped here; the whole log is {log}.")
