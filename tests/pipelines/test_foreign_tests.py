"""Test suites outside the tree, on the emulator of an installed wheel: the ones that the documentation shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PAGE = Path(__file__).resolve().parents[2] / "docs" / "emulator" / "tests.md"
BLOCK = re.compile(r'^```\w+ title="(?P<title>[^"]+)"\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL)
BLOCKS = {match["title"]: match["text"] for match in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))}
# What only shows itself in a suite of several workers.
OF_WORKERS = """
import os
import pathlib
import time

import pytest


@pytest.mark.parametrize("place", range(8))
def test_a_worker_has_an_emulator_of_its_own(business_central, place):
    folder = pathlib.Path(os.environ["SEEN"])
    (folder / f"{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}-{business_central.url.rpartition(':')[2]}").touch()
    customer = business_central.control.rows(business_central.company, "customers")[0]
    assert customer["displayName"] != "Changed"
    changed = {"displayName": "Changed"}
    business_central.control.edit(
        company=business_central.company, entity_set="customers", id=customer["id"], set=changed
    )
    time.sleep(0.1)
"""
FAILING = """
def test_that_fails(business_central):
    business_central.token()
    assert business_central.company == "Nobody's"
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A project of somebody else's, with a configuration of its own."""
    folder = tmp_path / "theirs"
    (folder / "tests").mkdir(parents=True)
    (folder / "pyproject.toml").write_text('[tool.pytest.ini_options]\naddopts = "--strict-markers"\n')
    for title, text in {**BLOCKS, "test_workers.py": OF_WORKERS}.items():
        if title.startswith("test_"):
            (folder / "tests" / title).write_text(text)
    (tmp_path / "seen").mkdir()
    return folder


def outside(folder: Path, *command: str | Path, path: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder with nothing of this project in its environment but what is installed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "VIRTUAL"))}
    variables = {**kept, "PATH": f"{path}{os.pathsep}{os.environ['PATH']}", "SEEN": str(folder.parent / "seen")}
    words = [str(part) for part in command]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, env=variables, check=False, timeout=300)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_foreign_suite_passes_alone_and_with_several_workers(installed: Path, suite: Path, workers: int) -> None:
    more = ("-n", str(workers)) if workers else ()
    done = outside(suite, installed / "python", "-m", "pytest", "-q", *more, path=installed)
    assert done.returncode == 0, done.stdout + done.stderr
    # Four of the page's first block, two of its second, eight of workers.
    assert "14 passed" in done.stdout
    seen = sorted(path.name for path in (suite.parent / "seen").iterdir())
    assert len(seen) == max(1, workers), seen
    assert len({name.partition("-")[2] for name in seen}) == len(seen)


def test_a_foreign_test_that_fails_shows_what_was_asked(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "test_failing.py").write_text(FAILING)
    done = outside(tmp_path, installed / "python", "-m", "pytest", "-q", path=installed)
    assert done.returncode == 1
    assert "- Business Central -" in done.stdout
    assert "200 POST /7e1f5a9c-0b7d-4c57-9a64-2f6e5d8c1b30/oauth2/v2.0/token" in done.stdout


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node here")
def test_the_suite_of_node_passes(installed: Path, tmp_path: Path) -> None:
    for title, text in BLOCKS.items():
        if title.endswith(".mjs"):
            (tmp_path / title).write_text(text)
    node = shutil.which("node")
    assert node
    done = outside(tmp_path, node, "--test", "--test-reporter=tap", path=installed)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 2" in done.stdout
    bad = BLOCKS["customers.test.mjs"].replace('"1000000"', '"none"')
    (tmp_path / "customers.test.mjs").write_text(bad)
    refused = outside(tmp_path, node, "--test", "--test-reporter=tap", path=installed)
    assert refused.returncode == 1
    assert "it ended with 2" in refused.stdout


def test_what_the_suite_of_dotnet_relies_on_is_there(installed: Path, tmp_path: Path) -> None:
    """There is no .NET here: options and names of its blocks are held against the program."""
    code = BLOCKS["BusinessCentral.cs"] + BLOCKS["CustomerTests.cs"]
    shown = outside(tmp_path, installed / "dynamics-bc", "emulator", "--help", path=installed).stdout
    options = set(re.findall(r"--[a-z-]+", code))
    assert options == {"--until-input-ends", "--requests-per-window"}
    assert all(option in shown for option in options)
    started = subprocess.Popen(
        [installed / "dynamics-bc", "emulator", "--until-input-ends"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert started.stdin
    assert started.stdout
    with started:
        line = started.stdout.readline()
        started.stdin.close()
        assert started.wait(timeout=20) == 0
    for name in re.findall(r'_ready\.GetProperty\("(\w+)"\)', code):
        assert f'"{name}"' in line
    for opening, closing in ("{}", "()", "[]"):
        assert code.count(opening) == code.count(closing)
