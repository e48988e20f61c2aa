"""What `tools/check_lock.py` tells the person who forgot to write the locks again."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HASH = "--hash=sha256:" + "0" * 64
PYPROJECT = """
[project]
name = "example"
version = "1"
classifiers = ["Programming Language :: Python :: 3.10", "Programming Language :: Python :: 3.13"]
dependencies = ["alpha>=2,<3", "old; python_version < '3.11'"]
[project.optional-dependencies]
emulator = ["beta[fast]>=1"]
verify = []
[dependency-groups]
build = []
dev = [{include-group = "more"}]
more = ["gamma"]
duckdb = []
docs = []
security = []
fuzz = []
"""
RUNTIME = f"""
alpha==2.1 \\
    {HASH}
    # via example
beta[fast]==1.0 {HASH}
old==1 ; python_full_version < '3.11' {HASH}
"""
DEVELOPMENT = f"{RUNTIME}gamma==9 {HASH}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose locks fit."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "runtime.lock").write_text(RUNTIME)
    (tmp_path / "requirements" / "development.lock").write_text(DEVELOPMENT)
    (tmp_path / "requirements" / "duckdb.lock").write_text("")
    (tmp_path / "requirements" / "docs.lock").write_text("")
    (tmp_path / "requirements" / "security.lock").write_text("")
    (tmp_path / "requirements" / "fuzz.lock").write_text("")
    return tmp_path


def check(root: Path) -> tuple[int, str]:
    command = [sys.executable, str(ROOT / "tools" / "check_lock.py"), "--root", str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_locks_that_fit_pass(project: Path) -> None:
    assert check(project) == (0, "6 lock files fit pyproject.toml.\n")


def test_the_locks_of_this_project_fit() -> None:
    assert check(ROOT)[0] == 0


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        ("runtime.lock", "alpha==2.1", "alpha==3.0", "alpha 3.0 is outside <3,>=2 of pyproject.toml"),
        ("runtime.lock", "beta[fast]", "delta", "beta is missing"),
        ("development.lock", "gamma==9", "other==9", "gamma is missing"),
        ("runtime.lock", "'3.11'", "'3.10'", "for Python 3.10, old is missing"),
        ("runtime.lock", "alpha==2.1", "alpha>=2.1", "alpha is not pinned"),
        ("runtime.lock", f" {HASH}\nold", "\nold", "beta has no sha256 hash"),
        ("runtime.lock", "alpha==2.1", "alpha @ https://example.test/a.whl", "names an index or an address"),
        ("runtime.lock", "\nalpha", "\n--index-url https://example.test/\nalpha", "names an index or an address"),
        ("runtime.lock", "# via example", "# from https://example.test/simple", "names an index or an address"),
        ("development.lock", "alpha==2.1", "alpha==2.2", "alpha is 2.1 in requirements/runtime.lock and"),
        ("runtime.lock", "beta[fast]==1.0", "beta[fast]==1.0 &", "is no requirement"),
    ],
)
def test_each_fault_is_a_sentence_and_exit_code_1(project: Path, file: str, old: str, new: str, sentence: str) -> None:
    edit(project / "requirements" / file, old, new)
    code, told = check(project)
    assert code == 1
    assert sentence in told


def test_a_missing_lock_says_how_to_write_it(project: Path) -> None:
    (project / "requirements" / "runtime.lock").unlink()
    assert check(project) == (
        1,
        "requirements/runtime.lock: there is no such file. Write the locks with `make lock`.\n",
    )


def test_the_check_reads_only_the_folder_it_is_given(project: Path) -> None:
    copy = project / "copy"
    shutil.copytree(project, copy, ignore=shutil.ignore_patterns("copy"))
    (project / "requirements" / "runtime.lock").unlink()
    assert check(copy)[0] == 0
