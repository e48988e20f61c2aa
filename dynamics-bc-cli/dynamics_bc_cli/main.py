"""What does `dynamics-bc` offer, and how does it end?"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from dynamics_bc_cli.commands.companies import companies
from dynamics_bc_cli.commands.doctor import doctor
from dynamics_bc_cli.commands.environments import environments
from dynamics_bc_cli.commands.login import login
from dynamics_bc_cli.commands.request import request
from dynamics_bc_cli.commands.streams import streams
from dynamics_bc_cli.extensions import extension_commands, load_command
from dynamics_bc_client.process import INTERRUPTED, run

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
    commands=[companies, doctor, environments, login, request, streams],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name=DISTRIBUTION)
def dynamics_bc() -> None:
    """Look at a Business Central the way the tap and the target see it."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with 0, 1, 2 for configuration, 3 for sign-in, 130 and 143 for signals."""
    sys.exit(run(lambda: invoke(arguments)))


def invoke(arguments: Sequence[str] | None) -> int:
    """Run the command; click's own complaints are printed as click prints them.

    Raises:
        DynamicsError: What the command could not do.
    """
    try:
        ended = dynamics_bc.main(args=arguments, prog_name="dynamics-bc", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        # What an interrupt leaves open is said by the command that was under way.
        return INTERRUPTED
    return ended if isinstance(ended, int) else 0
