"""Where is what a run of the target came to, and how is it taken up again?"""

from __future__ import annotations

import logging
from typing import IO, TYPE_CHECKING

from dynamics_bc_cli.connection import read_config
from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.store_failures import at_opening
from dynamics_bc_plugin.ending import DONE
from dynamics_bc_plugin.outgoing import say
from dynamics_bc_plugin.singer_command import config_files
from target_dynamics_bc.kept.dead_letters import has_letters
from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.settings import TargetSettings, kept_outcomes
from target_dynamics_bc.target import TargetDynamicsBC

if TYPE_CHECKING:
    from pathlib import Path


def replayed(config_path: Path) -> int:
    """Send the dead letters again, and give the exit code of that run.

    Raises:
        ConfigurationError: A setting is wrong, or none says where the dead letters are.
        DynamicsError: The run as a whole failed.
    """
    path = _file(_settings(config_path).dead_letter_path, "dead_letter_path")
    if not has_letters(path):
        say(f'There are no dead letters in "{path.absolute()}".')
        return DONE
    _show_the_log()
    with _opened(path) as letters:
        return TargetDynamicsBC.invoke(config=config_files((str(config_path),)), file_input=letters)


def resolved(config_path: Path) -> int:
    """Carry through what earlier runs could not decide, and give the exit code of that run.

    Raises:
        ConfigurationError: A setting is wrong, or there is no store that could keep anything.
        DynamicsError: The run as a whole failed.
    """
    _file(_settings(config_path).store_path, "store_path")
    _show_the_log()
    return TargetDynamicsBC.invoke(config=config_files((str(config_path),)), without_input=True)


def outcomes_path(config_path: Path) -> Path:
    """The file of outcomes.

    Raises:
        ConfigurationError: A setting is wrong, or none says where the outcomes are.
    """
    return _file(kept_outcomes(read_config(config_path)), "outcomes_path")


def _settings(config_path: Path) -> TargetSettings:
    return TargetSettings.from_config(read_config(config_path), standard_kinds())


def _show_the_log() -> None:
    """Have the log of a run shown as the target's own command shows it, unless somebody has set the log up."""
    if not logging.getLogger().handlers:
        _ = TargetDynamicsBC.cli  # whoever asks for the command has its log set up


def _opened(path: Path) -> IO[str]:
    try:
        return path.open(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise at_opening(path, error, setting="store_path or dead_letter_path", verb="read") from error


def _file(path: Path | None, setting: str) -> Path:
    if path is None:
        settings = " or ".join(dict.fromkeys(["store_path", setting]))
        raise ConfigurationError(f"Nothing of a run is kept: set {settings} in the target's config.")
    return path
