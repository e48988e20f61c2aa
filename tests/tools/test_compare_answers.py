"""What `benchmarks/compare_answers.py` records and compares."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "benchmarks" / "compare_answers.py"
SOURCES = ROOT / "dynamics-bc-emulator"
ASK = """
from dynamics_bc_emulator.driver import start_business_central
running = start_business_central("--companies", "1")
control = running.control
control.reset()
company = control.companies()[0]["id"]
control.edit(company=company, entity_set="customers", set={"displayName": "New"})
control.rows(company, "customers")
running.stop()
"""


def run(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recording")
    assert run("record", folder, "--", sys.executable, "-c", ASK).returncode == 0
    return folder


def test_a_version_answers_as_itself_new_ids_and_stamps_included(recording: Path) -> None:
    ended = run("compare", recording, SOURCES, SOURCES)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1] == "all: 4 answers, 0 different"


def test_a_version_that_answers_otherwise_is_seen(recording: Path, tmp_path: Path) -> None:
    shutil.copytree(SOURCES / "dynamics_bc_emulator", tmp_path / "dynamics_bc_emulator")
    changed = tmp_path / "dynamics_bc_emulator" / "data" / "cronus" / "customers.json"
    changed.write_text(changed.read_text().replace("Adatum", "Adamus", 1))
    ended = run("compare", recording, SOURCES, tmp_path, "--reuse")
    assert ended.returncode == 1, ended.stderr
    assert ended.stdout.splitlines()[-1] == "all: 4 answers, 1 different"
    assert "entity_set=customers" in ended.stdout.splitlines()[0]
