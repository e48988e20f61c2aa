"""Run the tests with each Python that the project promises and this machine has.

Each version has an environment of its own in `.cache`, made from the locks. A version that this machine does not have
is named, and nothing is run with it.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
LOCKS = ("requirements/runtime.lock", "requirements/development.lock")
_PROMISED = re.compile(r'"Programming Language :: Python :: (3\.\d+)"')
# A name on the path may be that of a program that chooses a version and has none of this one.
_PROBE = "import ensurepip, sys, venv; print('.'.join(map(str, sys.version_info[:2])))"


def promised(project: str) -> list[str]:
    """The versions of Python that the project's description names.

    Args:
        project: The text of `pyproject.toml`.
    """
    return _PROMISED.findall(project)


def interpreter(version: str) -> str | None:
    """The command that starts a version and can make environments of it; None where there is none.

    It is on the path, or among those that pyenv keeps.
    """
    return next((each for each in _commands(version) if _starts(each, version)), None)


def _commands(version: str) -> Iterator[str]:
    name = f"python{version}"
    if found := shutil.which(name):
        yield found
    kept = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    yield from (str(each / "bin" / name) for each in sorted(kept.glob(f"{version}.*")))


def _starts(command: str, version: str) -> bool:
    probed = subprocess.run([command, "-c", _PROBE], capture_output=True, text=True, check=False)
    return probed.returncode == 0 and probed.stdout.strip() == version


def environment(version: str, command: str) -> Path:
    """The interpreter of an environment of a version, with what the locks hold and this project in it.

    Raises:
        subprocess.CalledProcessError: It could not be made.
    """
    folder = CACHE / f"python{version}"
    python, made = folder / "bin" / "python", folder / ".made"
    newest = max((ROOT / each).stat().st_mtime for each in (*LOCKS, "pyproject.toml"))
    if made.exists() and made.stat().st_mtime > newest:
        return python
    subprocess.run([command, "-m", "venv", "--clear", folder], check=True)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for lock in LOCKS:
        subprocess.run([*install, "--require-hashes", "-r", ROOT / lock], check=True)
    subprocess.run([*install, "--no-deps", "--no-build-isolation", "-e", ROOT], check=True)
    made.touch()
    return python


def tried(version: str, tests: list[str], workers: int) -> bool:
    """Whether the tests pass with a version, or this machine does not have it; says which."""
    command = interpreter(version)
    if command is None:
        print(f"Python {version}: not on this machine, so nothing was run with it.", flush=True)
        return True
    python = environment(version, command)
    run = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", str(workers), "--dist", "worksteal"]
    ended = subprocess.run([*run, "-m", "not slow", *tests], cwd=ROOT, capture_output=True, text=True, check=False)
    told = ended.stdout.strip().splitlines() or ended.stderr.strip().splitlines() or ["nothing was said"]
    print(f"Python {version}: {told[-1].strip('= ')}", flush=True)
    if ended.returncode:
        print(ended.stdout[-20_000:], ended.stderr[-5_000:], sep="\n", flush=True)
    return ended.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", help="a version, such as 3.12; without it all but the one that this runs on")
    parser.add_argument("--workers", type=int, default=2, help="tests at a time")
    parser.add_argument("tests", nargs="*", help="files and folders of tests; all without any")
    asked = parser.parse_args()
    known = promised((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    if asked.only and asked.only not in known:
        print(f"The project does not promise Python {asked.only}, but {', '.join(known)}.", file=sys.stderr)
        return 2
    here = ".".join(map(str, sys.version_info[:2]))
    versions = [asked.only] if asked.only else [each for each in known if each != here]
    failed = [each for each in versions if not tried(each, asked.tests, asked.workers)]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
