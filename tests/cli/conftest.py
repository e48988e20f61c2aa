"""How a test calls `dynamics-bc`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from dynamics_bc_cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from emulator_control import RunningEmulator


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Runs `dynamics-bc` with arguments; its standard output is no terminal."""

    def run(*arguments: object) -> Ended:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        return Ended(int(ended.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def write_config(tmp_path: Path) -> Callable[[dict[str, Any]], Path]:
    """Writes settings into a config file."""

    def write(settings: dict[str, Any]) -> Path:
        path = tmp_path / "config.json"
        path.write_text(json.dumps(settings))
        return path

    return write


@pytest.fixture
def config(emulator: RunningEmulator, write_config: Callable[[dict[str, Any]], Path]) -> Path:
    """A config file for the emulator."""
    return write_config(emulator.config())
