"""Every command of ours in this process, against a service that a test makes up."""

from __future__ import annotations

import io
import json
import logging
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from dynamics_bc_cli.main import dynamics_bc
from dynamics_bc_client.client import Client
from dynamics_bc_plugin.command import exit_code_of
from tap_dynamics_bc.tap import TapDynamicsBC
from target_dynamics_bc.target import TargetDynamicsBC

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import click

COMMANDS: dict[str, click.Command] = {
    "dynamics-bc": dynamics_bc,
    "tap-dynamics-bc": TapDynamicsBC.cli,
    "target-dynamics-bc": TargetDynamicsBC.cli,
}


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def trace(self) -> str:
        """The end of a traceback, if there is one."""
        _, begun, trace = self.err.partition("Traceback (most recent call last)")
        return "\n".join(line[:200] for line in trace.splitlines()[:40]) if begun else ""

    @property
    def no_records(self) -> str:
        """Standard output without records: those are data."""
        return "\n".join(line for line in self.out.splitlines() if not line.startswith('{"type":"RECORD"'))


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Ended]:
    """Runs a command against a service that is a function; no wait takes time."""

    def run(service: Any, name: str, *arguments: object, sent: str = "") -> Ended:
        for module in ("dynamics_bc_client.client", "dynamics_bc_cli.commands.login"):
            monkeypatch.setattr(f"{module}.RequestsTransport", lambda **_: service)
        defaults = Client.__init__.__kwdefaults__
        monkeypatch.setitem(defaults, "sleep", lambda _: None)
        monkeypatch.setattr(
            TargetDynamicsBC.__init__,
            "__kwdefaults__",
            {**TargetDynamicsBC.__init__.__kwdefaults__, "sleep": lambda _: None},
        )
        if sent and name == "target-dynamics-bc":
            given = tmp_path_factory.mktemp("sent") / "input.singer"
            given.write_text(sent, errors="surrogatepass")
            arguments = (*arguments, "--input", given)
        monkeypatch.setattr("sys.stdin", io.StringIO())
        monkeypatch.setattr("sys.stdout", _Stdout(sys.stdout))
        handler = logging.StreamHandler(sys.stderr)
        root = logging.getLogger()
        level = root.level
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        try:
            code = exit_code_of(COMMANDS[name], name, [str(each) for each in arguments])
        except Exception as error:  # noqa: BLE001 - what nobody knows ends a process with a traceback, which is said as well
            sys.excepthook(type(error), error, error.__traceback__)
            code = 70
        finally:
            root.removeHandler(handler)
            root.setLevel(level)
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return run


class _Stdout:
    """Standard output with the binary half that the tap writes to."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.buffer = self

    def write(self, text: Any) -> int:
        return self._file.write(text if isinstance(text, str) else bytes(text).decode("utf-8", "replace"))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@pytest.fixture
def write_config(tmp_path: Path) -> Callable[..., Path]:
    """Writes settings into a config file."""

    def write(settings: dict[str, Any]) -> Path:
        path = tmp_path / "config.json"
        path.write_text(json.dumps(settings))
        return path

    return write
