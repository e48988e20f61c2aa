"""How does a click command become an exit code?"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

import click

from dynamics_bc_plugin.ending import DONE, INTERRUPTED, run

if TYPE_CHECKING:
    from collections.abc import Sequence

HELP_OPTIONS = ["-h", "--help"]


def exit_code_of(command: click.Command, name: str, arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return what the process is to end with: see `ending.run`.

    Args:
        command: The command; `-h` shows its help, and that of its subcommands, as `--help` does.
        name: What it is called in its help.
        arguments: What follows the name; those of this process when None.
    """
    return run(lambda: _invoked(command, name, arguments))


def end_with(command: click.Command, name: str, arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command line and end the process."""
    raise SystemExit(exit_code_of(command, name, arguments))


def _invoked(command: click.Command, name: str, arguments: Sequence[str] | None) -> int:
    output, errors = sys.stdout, sys.stderr
    try:
        ended = command.main(
            args=arguments, prog_name=name, standalone_mode=False, help_option_names=list(HELP_OPTIONS)
        )
    except click.ClickException as error:
        # What is wrong with the command line itself; click shows the usage with it.
        error.show()
        return error.exit_code
    except click.Abort:
        # click's word for Ctrl-C. What an interrupt leaves open is said by whoever was at work.
        return INTERRUPTED
    except SystemExit as leaving:
        if sys.stdout is output:
            raise
        # click's way to end without a word when whoever read the output is gone: it puts something else in its place.
        sys.stdout, sys.stderr = output, errors
        raise BrokenPipeError from leaving
    return ended if isinstance(ended, int) else DONE
