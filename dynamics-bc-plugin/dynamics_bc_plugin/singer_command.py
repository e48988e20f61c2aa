"""What do the command lines of the tap and the target have in common?"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from singer_sdk.configuration import _dict_config
from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.plugin_base import _ConfigInput

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.odata.nesting import check_nesting
from dynamics_bc_plugin import config_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_client.client import Client


WITHIN = tuple(Path(_dict_config.__file__).absolute().parents)
"""Folders in which a file of environment variables may be, the nearest first: where the SDK looks."""


class ConfigFiles(_ConfigInput):
    """What `--config` names, as the SDK takes it.

    Attributes:
        path: The file, if it is one alone: rotated tokens are written back into it.
        is_named: Whether there is any.
    """

    path: Path | None = None
    is_named: bool = False

    def must_be_named(self) -> None:
        """See that there is a config at all: without one every setting would be missing.

        Raises:
            ConfigurationError: There is none.
        """
        if not self.is_named:
            raise ConfigurationError(
                "No config is given: name a file with --config FILE, or take the settings from environment variables "
                "with --config=ENV."
            )


def config_files(given: tuple[str, ...]) -> ConfigFiles:
    """Read what `--config` names: files, the later over the earlier, and `ENV` for environment variables.

    Raises:
        ConfigurationError: A file cannot be read, or holds no JSON object.
    """
    paths = [Path(each).expanduser() for each in given if each != "ENV"]
    files = ConfigFiles(config=config_file.read_objects(paths, "config"), parse_env="ENV" in given)
    files.path = paths[0] if len(paths) == 1 else None
    files.is_named = bool(given)
    return files


def config_of_variables(schema: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """What environment variables hold, as `--config ENV` has it read.

    Values that may be text stay text, so that they are read as those of a file are: the SDK would take any word but
    four for false, and no duration where there may be an object of some. Lists and objects are JSON.

    Args:
        schema: The JSON schema of the config.
        prefix: What the names of the variables begin with: `TAP_DYNAMICS_BC_`.

    A file `.env` above the folder that the programs are installed in adds to the variables of the process, as with the
    SDK; in a project of Meltano that is the one beside `meltano.yml`.

    Raises:
        ConfigurationError: A variable does not hold what its setting must be, or the file is not to be trusted.
    """
    file = _file_of_variables()
    settings = {name: _as_text(each) for name, each in schema["properties"].items()}
    try:
        found = parse_environment_config({"properties": settings}, prefix, file)
    except ValueError as error:
        raise ConfigurationError(f"{_bad_variable(settings, prefix, file)} cannot be read: {_WANTED}.") from error
    return {name: _of_text(name, value, schema["properties"][name], prefix) for name, value in found.items()}


def _file_of_variables() -> str:
    """The file `.env` whose variables count; the null device when there is none, so that the SDK looks for none.

    Raises:
        ConfigurationError: Other users of the machine may have written it; all of its variables become those of the
            process, such as the ones that name a proxy and the certificates to trust.
    """
    found = next((folder / ".env" for folder in WITHIN if (folder / ".env").is_file()), None)
    if found is None:
        return os.devnull
    if _may_be_of_others(found):
        raise ConfigurationError(
            f'The variables in "{found}" are not taken: other users of this machine may have written them. Remove the '
            "file, or make it and its folder yours alone to write (chmod o-w)."
        )
    return str(found)


def _may_be_of_others(path: Path) -> bool:
    """Whether others may change a file, or may have put it where it is."""
    if not hasattr(os, "geteuid"):
        return False  # Windows has permissions of another kind
    file, folder = path.stat(), path.parent.stat()
    theirs = file.st_uid not in {os.geteuid(), 0}
    return bool(file.st_mode & stat.S_IWOTH) or (theirs and bool(folder.st_mode & stat.S_IWOTH))


_WANTED = "write a whole number as digits, an object or a list as JSON"


def _as_text(setting: Mapping[str, Any]) -> dict[str, Any]:
    return {**setting, "type": "string"} if "string" in setting.get("type", ()) else dict(setting)


def _of_text(name: str, value: Any, setting: Mapping[str, Any], prefix: str) -> Any:
    """A value as a file would have it: what is written as JSON is a list, an object or a number if it may be one."""
    may_be = set(setting.get("type", ()))
    if not isinstance(value, str) or "string" not in may_be:
        return value
    text = value.strip()
    if {"array", "object"} & may_be and text.startswith(("[", "{")):
        try:
            check_nesting(text)
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ConfigurationError(f"{prefix}{name.upper()} cannot be read: {_WANTED}.") from error
    return int(text) if "integer" in may_be and "object" in may_be and text.isdecimal() else value


def _bad_variable(settings: Mapping[str, dict[str, Any]], prefix: str, file: str) -> str:
    """The name of the first variable that the SDK cannot read; it does not say which."""
    for name, setting in settings.items():
        try:
            parse_environment_config({"properties": {name: setting}}, prefix, file)
        except ValueError:  # noqa: PERF203 - a few dozen
            return f"{prefix}{name.upper()}"
    return "An environment variable"


def access_token_option(**options: Any) -> click.Option:
    """The option by which a job runner has a new access token written into its config file.

    Args:
        options: As of `click.Option`.
    """
    return click.Option(
        ["--access-token"],
        is_flag=True,
        help="Get a new access token, write it into the config file, and end.",
        **options,
    )


def renew_access_token(client: Client, config_path: Path | None) -> None:
    """Get a new access token and write it into the config file, and into the store if there is one.

    Args:
        client: Signs in.
        config_path: The config file.

    Raises:
        ConfigurationError: There is neither file nor store, or the file cannot be replaced; nothing was asked.
        DynamicsError: There is no way to get one.
    """
    if config_path is None and client.settings.store_path is None:
        raise ConfigurationError(
            "There is nowhere to keep the access token: give one --config file, or set store_path."
        )
    if config_path is not None and client.settings.store_path is None:
        folder = config_path.resolve().parent
        if not os.access(folder, os.W_OK):
            raise ConfigurationError(
                f'The access token cannot be written into "{config_path}": give this user the right to write to '
                f'"{folder}", or set store_path.'
            )
    client.sign_in.renew()
