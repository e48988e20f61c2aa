"""Which options does the command `tap-dynamics-bc` have, and what does each do?

The SDK makes the command line out of class methods of the tap; these are ours.
"""

from __future__ import annotations

import sys
from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from singer_sdk.tap_base import CliTestOptionValue

from dynamics_bc_plugin import config_file
from dynamics_bc_plugin.progress import progress
from dynamics_bc_plugin.quiet_log import leave_out_the_sdk
from dynamics_bc_plugin.singer_command import ConfigFiles, access_token_option, config_files
from dynamics_bc_plugin.state_file import read_state
from tap_dynamics_bc.sdk_streams import RunningTap

if TYPE_CHECKING:
    from typing_extensions import Self

    from dynamics_bc_plugin.progress import Account


class TapCommand(RunningTap):
    """A tap with a command line."""

    account: Account

    def __init__(self, *, config_path: Path | None = None, **arguments: Any) -> None:
        """Initialize the tap.

        Args:
            config_path: The one file that the config came from.
            arguments: As of the SDK's `Tap`.
        """
        self.config_path = config_path
        super().__init__(**arguments)

    @abstractmethod
    def sync_and_check(self) -> None:
        """Read everything that is selected."""

    @abstractmethod
    def test_connection(self) -> None:
        """Read one record of each stream that is selected."""

    @abstractmethod
    def renew_access_token(self) -> None:
        """Get a new access token and keep it."""

    @abstractmethod
    def close(self) -> None:
        """End threads and connections."""

    @classmethod
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> ConfigFiles:  # noqa: ARG003 - the SDK's signature
        """Read the config files."""
        return config_files(value)

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """The command line: the SDK's, the other name of the catalog, and the renewal of the access token."""
        command = super().get_singer_command()
        for option in command.params:
            if option.name in {"catalog", "state"}:
                # Read by us: a state need not exist yet, and what is wrong with a file is said in our words.
                option.type = click.Path(path_type=Path)
            if option.name == "catalog":
                option.opts.append("--properties")
        command.params.append(access_token_option(callback=cls.cb_access_token, expose_value=False))
        return command

    @classmethod
    def cb_access_token(cls, ctx: click.Context, param: click.Option, value: bool) -> None:  # noqa: ARG003 - the SDK's signature
        """Get a new access token and keep it."""
        if value:
            tap = cls._of_command(ctx, setup_mapper=False)
            try:
                tap.renew_access_token()
            finally:
                tap.close()
            ctx.exit()

    @classmethod
    def cb_discover(cls, ctx: click.Context, param: click.Option, value: bool) -> None:  # noqa: ARG003 - the SDK's signature
        """Write the catalog."""
        if value:
            tap = cls._of_command(ctx, setup_mapper=False)
            try:
                tap.run_discovery()
            finally:
                tap.close()
            ctx.exit()

    @classmethod
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Read one record of each stream that is selected by default, or write the schemas of all."""
        if value == CliTestOptionValue.Disabled.value:
            return
        if value not in {each.value for each in CliTestOptionValue}:
            raise click.BadParameter(f'"{value}" is neither all nor schema.', ctx, param)
        tap = cls._of_command(ctx)
        try:
            if value == CliTestOptionValue.Schema.value:
                tap.write_schemas()
            else:
                tap.test_connection()
        finally:
            tap.close()
        ctx.exit()

    @classmethod
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: ConfigFiles | None = None,  # noqa: ARG003 - taken from the context
        state: Path | None = None,
        catalog: Path | None = None,
    ) -> None:
        """Run the tap."""
        if about:
            cls.print_about(about_format)
            return
        cls.logger.info("%s %s", cls.name, cls.plugin_version)
        ctx = click.get_current_context()
        tap = cls._of_command(
            ctx,
            state=read_state(state) if state else None,
            catalog=config_file.read_object(catalog, "catalog") if catalog else None,
        )
        # Records on the terminal and a live view below them would be one too many.
        with progress(tap.account, live=not sys.stdout.isatty()):
            tap.sync_and_check()

    @classmethod
    def _of_command(cls, ctx: click.Context, **arguments: Any) -> Self:
        leave_out_the_sdk()
        config: ConfigFiles = ctx.params.get("config") or ConfigFiles()
        config.must_be_named()
        return cls(config=config.config, parse_env_config=config.parse_env, config_path=config.path, **arguments)
