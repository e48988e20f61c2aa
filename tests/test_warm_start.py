"""Is a command that is started warm the command that people start?"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import warm_start


@pytest.mark.parametrize("program", warm_start.MAINS)
@pytest.mark.parametrize(
    "arguments",
    [("--version",), ("--no-such-option",), ("--about",), ("doctor", "--config", "nowhere.json"), ("--config", "{}")],
    ids=lambda arguments: arguments[0],
)
def test_a_warm_start_ends_and_says_the_same(program: str, arguments: tuple[str, ...], tmp_path: Path) -> None:
    command = [Path(sys.executable).with_name(program), *arguments]
    cold = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    warm = warm_start.run(program, *arguments, cwd=tmp_path)
    assert (warm.returncode, warm.stdout, warm.stderr) == (cold.returncode, cold.stdout, cold.stderr)


def test_each_run_has_its_own_environment_and_input(tmp_path: Path) -> None:
    env = {**os.environ, "TAP_DYNAMICS_BC_PAGE_SIZE": "many"}
    assert warm_start.run("tap-dynamics-bc", "--config", "ENV", env=env, cwd=tmp_path).returncode == 2
    (tmp_path / "config.json").write_text("{}")
    told = warm_start.run("target-dynamics-bc", "--config", "config.json", input="no json\n", cwd=tmp_path)
    assert told.returncode == 2
    assert "PAGE_SIZE" not in told.stderr


def test_a_run_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    fifo = tmp_path / "never"
    os.mkfifo(fifo)
    held = os.open(fifo, os.O_RDWR)
    (tmp_path / "config.json").write_text('{"tenant_id": "t", "client_id": "c", "client_secret": "not-a-secret"}')
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            warm_start.run("target-dynamics-bc", "--config", "config.json", "--input", fifo, cwd=tmp_path, timeout=0.5)
    finally:
        os.close(held)
