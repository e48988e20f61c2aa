"""Which versions of Python are tried, and what is said of those that this machine lacks?"""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def pythons(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    return importlib.import_module("pythons")


def test_the_versions_that_are_tried_are_those_that_an_installation_takes_and_the_readme_promises(pythons):
    project = (ROOT / "pyproject.toml").read_text()
    versions = pythons.promised(project)
    assert versions == [f"3.{minor}" for minor in range(10, 14)]
    assert f'requires-python = ">={versions[0]}"' in project
    assert f"Python {versions[0]} to {versions[-1]}" in (ROOT / "README.md").read_text()
    assert f'target-version = "py{versions[0].replace(".", "")}"' in project
    assert re.search(rf'^python_version = "{re.escape(versions[0])}"$', project, re.MULTILINE)


def on_the_path(folder, monkeypatch, answer):
    folder.mkdir(parents=True, exist_ok=True)
    command = folder / "python3.12"
    command.write_text(f"#!/bin/sh\n{answer}\n")
    command.chmod(0o700)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("PYENV_ROOT", str(folder / "pyenv"))


def test_an_interpreter_is_one_that_starts_and_is_of_the_version_that_it_is_called(pythons, tmp_path, monkeypatch):
    on_the_path(tmp_path, monkeypatch, "echo 3.12")
    assert pythons.interpreter("3.12") == str(tmp_path / "python3.12")
    for answer in ("echo 3.11", "echo no such version >&2; exit 127", ""):
        on_the_path(tmp_path, monkeypatch, answer)
        assert pythons.interpreter("3.12") is None
    on_the_path(tmp_path / "pyenv" / "versions" / "3.12.1" / "bin", monkeypatch, "echo 3.12")
    on_the_path(tmp_path, monkeypatch, "echo no such version >&2; exit 127")
    assert pythons.interpreter("3.12") == str(tmp_path / "pyenv" / "versions" / "3.12.1" / "bin" / "python3.12")


def test_a_version_that_is_not_there_is_named_and_no_failure(pythons, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert pythons.tried("3.12", [], 1)
    assert capsys.readouterr().out == "Python 3.12: not on this machine, so nothing was run with it.\n"


def test_tests_that_fail_with_a_version_are_shown_and_a_failure(pythons, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pythons, "interpreter", lambda _: sys.executable)
    monkeypatch.setattr(pythons, "environment", lambda _, command: command)
    for body, passes in (("assert 1", True), ("assert 0, 'why'", False)):
        test = tmp_path / "test_one.py"
        test.write_text(f"def test_one():\n    {body}\n")
        assert pythons.tried("3.12", [str(test)], 1) is passes
        told = capsys.readouterr().out
        assert told.startswith(f"Python 3.12: 1 {'passed' if passes else 'failed'}")
        assert ("why" in told) is not passes


def test_a_version_that_the_project_does_not_promise_is_refused():
    ended = subprocess.run(
        [sys.executable, ROOT / "tools" / "pythons.py", "--only", "3.9"], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "The project does not promise Python 3.9, but 3.10, 3.11, 3.12, 3.13.\n"
