"""Does the demo run to its end, and does the README show what it prints?"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOADER_PYTHON = ROOT / ".cache" / "target-duckdb" / "bin" / "python"
SHOWN = re.compile(r"## Demo.*?```text\n(.*?)```", re.DOTALL)
CHANGES_EACH_TIME = re.compile(r" in [\d.]+ seconds|\(and \w+ more\)|[│|┃]|[0-9a-f]{8}-[0-9a-f-]{27}")


def told(text: str) -> str:
    """What is said, without what differs from run to run, and without the frames of tables."""
    return " ".join(CHANGES_EACH_TIME.sub(" ", text).split())


@pytest.mark.skipif(not LOADER_PYTHON.exists(), reason="target-duckdb is not installed; `make test` installs it")
def test_the_readme_shows_what_the_demo_prints() -> None:
    command = [sys.executable, ROOT / "demo", "--loader-python", LOADER_PYTHON]
    printed = told(subprocess.check_output(command, cwd=ROOT, text=True, stderr=subprocess.STDOUT))
    shown = SHOWN.search((ROOT / "README.md").read_text())
    assert shown is not None
    for line in shown[1].splitlines():
        assert told(line) in printed, line
