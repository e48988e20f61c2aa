"""What does `dynamics-bc` offer, and how does it end?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import click

from dynamics_bc_cli.commands.catalog import catalog
from dynamics_bc_cli.commands.companies import companies
from dynamics_bc_cli.commands.describe import describe
from dynamics_bc_cli.commands.doctor import doctor
from dynamics_bc_cli.commands.environments import environments
from dynamics_bc_cli.commands.login import login
from dynamics_bc_cli.commands.outcomes import outcomes
from dynamics_bc_cli.commands.replay import replay
from dynamics_bc_cli.commands.request import request
from dynamics_bc_cli.commands.resolve import resolve
from dynamics_bc_cli.commands.state import state
from dynamics_bc_cli.commands.streams import streams
from dynamics_bc_cli.commands.verify import verify
from dynamics_bc_cli.extensions import extension_commands, load_command
from dynamics_bc_plugin.command import end_with

if TYPE_CHECKING:
    from collections.abc import Sequence

DISTRIBUTION = "dynamics-bc-singer"


class ExtensibleGroup(click.Group):
    """A group that also has the commands other packages offer; those are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, own and others', in alphabetical order."""
        return sorted({*super().list_commands(ctx), *extension_commands()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """An own command, else another package's, else None."""
        own = super().get_command(ctx, cmd_name)
        entry = extension_commands().get(cmd_name)
        return own if own or not entry else load_command(entry)


@click.group(
    cls=ExtensibleGroup,
    commands=[
        catalog,
        companies,
        describe,
        doctor,
        environments,
        login,
        outcomes,
        replay,
        request,
        resolve,
        state,
        streams,
        verify,
    ],
    context_settings={"max_content_width": 100},
)
@click.version_option(package_name=DISTRIBUTION)
def dynamics_bc() -> None:
    """Look at a Business Central the way the tap and the target see it."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit with a code of `ending.run`."""
    end_with(dynamics_bc, "dynamics-bc", arguments)
