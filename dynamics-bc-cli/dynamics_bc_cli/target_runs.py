"""What did a run of the target come to, and how is it taken up again?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dynamics_bc_cli.connection import read_config
from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_plugin.ending import DONE
from dynamics_bc_plugin.outgoing import say
from dynamics_bc_plugin.singer_command import config_files
from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.settings import TargetSettings
from target_dynamics_bc.target import TargetDynamicsBC
from target_dynamics_bc.texts import from_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAMES = re.compile(r"\[\d+\]")


def replayed(config_path: Path) -> int:
    """Send the dead letters again, and give the exit code of that run.

    Raises:
        ConfigurationError: A setting is wrong, or none says where the dead letters are.
        DynamicsError: The run as a whole failed.
    """
    path = _file(_settings(config_path).dead_letter_path, "dead_letter_path")
    if not path.is_file() or not path.stat().st_size:
        say(f"There are no dead letters in {path}.")
        return DONE
    with path.open(encoding="utf-8", errors="surrogateescape") as letters:
        return TargetDynamicsBC.invoke(config=config_files((str(config_path),)), file_input=letters)


def resolved(config_path: Path) -> int:
    """Carry through what earlier runs could not decide, and give the exit code of that run.

    Raises:
        ConfigurationError: A setting is wrong, or there is no store that could keep anything.
        DynamicsError: The run as a whole failed.
    """
    _file(_settings(config_path).store_path, "store_path")
    return TargetDynamicsBC.invoke(config=config_files((str(config_path),)), without_input=True)


def counted_outcomes(config_path: Path, run_id: str | None) -> list[dict[str, Any]]:
    """The outcomes of a run, or of the last one, counted by stream, outcome and the first reason.

    Raises:
        ConfigurationError: A setting is wrong, or none says where the outcomes are.
    """
    path = _file(_settings(config_path).outcomes_path, "outcomes_path")
    wanted, found = run_id, dict[tuple[str, ...], dict[str, Any]]()
    for outcome in _outcomes(path):
        if run_id is None and outcome["run_id"] != wanted:
            wanted = outcome["run_id"]
            found.clear()
        if outcome["run_id"] == wanted:
            _count(found, outcome)
    return sorted(found.values(), key=lambda row: (row["stream"], row["outcome"], -row["records"]))


def _count(found: dict[tuple[str, ...], dict[str, Any]], outcome: dict[str, Any]) -> None:
    first = next(iter(outcome["errors"]), {"code": "", "field": "", "message": ""})
    # Of the lines of a record any will do.
    field = _NAMES.sub("[]", first["field"])
    key = (outcome["stream"], outcome["outcome"], first["code"], field)
    row = found.setdefault(
        key,
        {
            "stream": outcome["stream"],
            "outcome": outcome["outcome"],
            "records": 0,
            "code": first["code"],
            "field": field,
            "example": outcome["external_id"] or outcome["number"] or str(outcome["position"]),
            "message": first["message"],
        },
    )
    row["records"] += 1


def _outcomes(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a file of outcomes; one that was not written to its end is none."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            if line.endswith("\n"):
                yield from_json(line)


def _settings(config_path: Path) -> TargetSettings:
    return TargetSettings.from_config(read_config(config_path), standard_kinds())


def _file(path: Path | None, setting: str) -> Path:
    if path is None:
        settings = " or ".join(dict.fromkeys(["store_path", setting]))
        raise ConfigurationError(f"Nothing of a run is kept: set {settings} in the target's config.")
    return path
