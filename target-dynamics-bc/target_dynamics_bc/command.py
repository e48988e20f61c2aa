"""Which options does the command `target-dynamics-bc` have, and what does each do?

The SDK makes the command line out of class methods of the target; these are ours.
"""

from __future__ import annotations

import io
import sys
from abc import abstractmethod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.target_base import Target

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_plugin import ending
from dynamics_bc_plugin.progress import progress
from dynamics_bc_plugin.quiet_log import leave_out_the_sdk
from dynamics_bc_plugin.singer_command import ConfigFiles, access_token_option, config_files, config_of_variables
from target_dynamics_bc.messages import InputError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from dynamics_bc_plugin.progress import Account


class StreamMapError(ConfigurationError):
    """A stream map is wrong."""


class TargetCommand(Target):
    """A target with a command line."""

    @classproperty
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805
        """What environment variables hold, read as a file is: a misspelt `true` of dry_run must not count as false."""
        cls.append_builtin_config(cls.config_jsonschema)
        return config_of_variables(cls.config_jsonschema, cls._env_var_prefix)

    account: Account

    def __init__(self, *, config_path: Path | None = None, state_path: Path | None = None, **arguments: Any) -> None:
        """Initialize the target.

        Args:
            config_path: The one file that the config came from; rotated tokens are written back to it.
            state_path: A HotGlue job's state, whose successes are not written again.
            arguments: As of the SDK's `Target`.
        """
        self.config_path = config_path
        self.state_path = state_path
        super().__init__(**arguments)

    @property
    @abstractmethod
    def exit_code(self) -> int:
        """What the process ends with when nothing was raised."""

    @abstractmethod
    def renew_access_token(self) -> None:
        """Get a new access token and keep it."""

    @abstractmethod
    def read_from(self, source: IO[str]) -> None:
        """Know what the input is."""

    @abstractmethod
    def begin(self) -> None:
        """Begin a run that has no input: it carries through what earlier runs could not decide."""

    @abstractmethod
    def carry_what_came(self) -> None:
        """Carry through what came before the input broke."""

    @abstractmethod
    def end_told(self) -> AbstractContextManager[None]:
        """Log how the block ended, and what became of the records."""

    @abstractmethod
    def close(self) -> None:
        """Let go of files and connections."""

    @classmethod
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> ConfigFiles:  # noqa: ARG003 - the SDK's signature
        """Read the config files."""
        return config_files(value)

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """The command line: the SDK's, and a job's state."""
        command = super().get_singer_command()
        state = click.Option(
            ["--state", "state_path"],
            type=click.Path(path_type=Path),
            help="State of an earlier run of the same job; what it calls a success is not written again.",
        )
        command.params += [state, access_token_option()]
        return command

    @classmethod
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: ConfigFiles | None = None,
        file_input: IO[str] | None = None,
        state_path: Path | None = None,
        access_token: bool = False,
        without_input: bool = False,
    ) -> int:
        """Run the command and return its exit code.

        Args:
            about: Only describe the target.
            about_format: In which form.
            config: The settings.
            file_input: The input; standard input when None.
            state_path: A job's state.
            access_token: Only get a new access token.
            without_input: Only carry through what earlier runs could not decide.
        """
        if about:
            cls.print_about(about_format)
            return ending.DONE
        leave_out_the_sdk()
        cls.logger.info("%s %s", cls.name, cls.plugin_version)
        if without_input:
            file_input = io.StringIO("")
        elif sys.stdin is None and file_input is None and not access_token:
            raise InputError("Standard input is closed; pipe Singer messages into it, or let it come from a file.")
        config = config or ConfigFiles()
        config.must_be_named()
        target = cls(
            config=config.config,
            parse_env_config=config.parse_env,
            config_path=config.path,
            state_path=state_path,
        )
        if access_token:
            target.renew_access_token()
            return ending.DONE
        target.read_from(file_input or sys.stdin)
        with target.end_told(), progress(target.account):
            try:
                if without_input:
                    target.begin()
                target.listen(file_input)
            except (InputError, StreamMapError):
                target.carry_what_came()
                raise
            finally:
                target.close()
        return target.exit_code
