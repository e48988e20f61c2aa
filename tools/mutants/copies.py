"""Where does a mutant live? In a copy of the tree, whose packages are what its tests import."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mutants import witness_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PACKAGE_FOLDERS = (
    "tap-dynamics-bc",
    "target-dynamics-bc",
    "dynamics-bc-client",
    "dynamics-bc-plugin",
    "dynamics-bc-emulator",
    "dynamics-bc-cli",
)
_TOOLS = Path(__file__).resolve().parents[1]
_OPTIONS = (
    "-q", "-p", "no:cacheprovider", "-p", "mutants.witness", "-W", "ignore::pytest.PytestAssertRewriteWarning"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ended:
    """How one test ended.

    Attributes:
        outcome: `passed`, `failed` or `skipped`.
        by: What it failed by.
        asserted: Whether that was an assertion of the test.
        seconds: How long it took.
    """

    outcome: str
    by: str
    asserted: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """How some tests ended.

    Attributes:
        tests: By node id.
        reached: The lines that a test reaches, by test and file, if that was asked for: the bits of a number.
        problem: Why there is nothing to go by; empty where there is.
    """

    tests: dict[str, Ended]
    reached: dict[str, dict[str, int]]
    problem: str = ""


class Copy:
    """A copy of the tree: of all files that git knows, and of those that it would take.

    Args:
        root: The tree.
        folder: Where the copy is made.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        self._folder = folder.resolve()
        self._report = self._folder.parent / f"{folder.name}.json"
        self._output = self._folder.parent / f"{folder.name}.txt"
        for name in _files(root):
            target = self._folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, target)
        # Compiled by what a file holds and not by when it was written: two mutants may be written in one second.
        there = [folder for folder in PACKAGE_FOLDERS if (self._folder / folder).is_dir()]
        command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "checked-hash", *there]
        subprocess.run(command, cwd=self._folder, check=True)
        self._warm = subprocess.Popen(
            [sys.executable, "-m", "mutants.warm"],
            cwd=self._folder,
            env=self._variables(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def text(self, file: str) -> str:
        """What a file held when the copy was made."""
        return (self._folder / file).read_text(encoding="utf-8")

    @contextlib.contextmanager
    def with_text(self, file: str, text: str) -> Iterator[None]:
        """Let a file hold another text while the block runs."""
        path = self._folder / file
        before = path.read_bytes()
        path.write_text(text, encoding="utf-8")
        try:
            yield
        finally:
            path.write_bytes(before)

    def run(
        self, tests: Sequence[str], *, seconds: float, first_only: bool = False, traced: Sequence[str] = ()
    ) -> Report:
        """Run tests.

        Args:
            tests: Node ids.
            seconds: After which they are ended.
            first_only: Stop at the first that fails.
            traced: Folders; note which of their lines each reaches.
        """
        self._report.unlink(missing_ok=True)
        order = {
            # The libraries of others are there already, so that their assertions cannot be rewritten.
            "arguments": [*_OPTIONS, *(["-x"] if first_only else []), *tests],
            "output": str(self._output),
            "variables": {witness_names.TRACE: os.pathsep.join(traced)},
            "seconds": seconds,
        }
        assert self._warm.stdin is not None
        assert self._warm.stdout is not None
        self._warm.stdin.write(json.dumps(order) + "\n")
        self._warm.stdin.flush()
        code = json.loads(self._warm.stdout.readline())
        if code is None:
            return Report({}, {}, f"no end within {seconds:.0f} seconds")
        if not self._report.exists():
            said = self._output.read_text(encoding="utf-8", errors="replace")[-2000:]
            return Report({}, {}, f"the tests ended with {code} and without a report. {said}".strip())
        return _read(json.loads(self._report.read_text(encoding="utf-8")))

    def close(self) -> None:
        """End the process that runs its tests."""
        for end in (self._warm.stdin, self._warm.stdout):
            if end is not None:
                end.close()
        self._warm.wait()

    def _variables(self) -> dict[str, str]:
        """The environment: what stands in PYTHONPATH goes before the packages that are installed."""
        folders = [*(self._folder / folder for folder in PACKAGE_FOLDERS), _TOOLS]
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(str(folder) for folder in folders),
            # The packages were compiled with the copy; nothing else is worth it.
            "PYTHONDONTWRITEBYTECODE": "1",
            witness_names.REPORT: str(self._report),
            witness_names.ROOT: str(self._folder),
        }


def _read(report: dict[str, Any]) -> Report:
    strays = report["strays"]
    return Report(
        {test: Ended(**how) for test, how in report["tests"].items()},
        report["reached"],
        f"what was tested is not the copy: {', '.join(strays)}" if strays else "",
    )


def _files(root: Path) -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name and (root / name).is_file() and not Path(name).is_absolute()]
