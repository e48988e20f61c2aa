"""Which commands come from other packages, and what is missing when one of them does not load?

A package offers a click command under the entry point group `dynamics_bc.commands`. One that needs an extra that is not
installed stays in the list and says which extra, when it is called.
"""

from __future__ import annotations

import re
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, NoReturn

import click

from dynamics_bc_client.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GROUP = "dynamics_bc.commands"
_OF_EXTRA = re.compile(r"""^(?P<name>[A-Za-z0-9._-]+).*;.*extra\s*==\s*['"](?P<extra>[^'"]+)['"]""")


def extension_commands() -> Mapping[str, EntryPoint]:
    """The commands of other packages, by name; nothing is imported yet."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def load_command(entry: EntryPoint) -> click.Command:
    """A command of another package, or one of its name that says what it lacks."""
    try:
        command = entry.load()
    except ModuleNotFoundError as error:
        return unavailable(entry, error)
    return with_extra_named(entry, command)


def with_extra_named(entry: EntryPoint, command: click.Command) -> click.Command:
    """The command, whose late imports fail with the same sentence and exit code."""
    callback = command.callback

    def guarded(*arguments: object, **options: object) -> object:
        try:
            return callback(*arguments, **options) if callback else None
        except ModuleNotFoundError as error:
            refuse(entry, error)
        except click.ClickException as error:
            # A command that found this out by itself ends with click's exit code; ours says that the set-up is wrong.
            if isinstance(error.__cause__, ModuleNotFoundError):
                refuse(entry, error.__cause__)
            raise

    command.callback = guarded
    return command


def unavailable(entry: EntryPoint, error: ModuleNotFoundError) -> click.Command:
    """A command that only says what it lacks, whatever it is called with."""

    def callback(*_: object, **__: object) -> None:
        refuse(entry, error)

    return click.Command(
        entry.name,
        callback=callback,
        params=[click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED)],
        context_settings={"ignore_unknown_options": True, "help_option_names": []},
        short_help="(not installed)",
    )


def refuse(entry: EntryPoint, error: ModuleNotFoundError) -> NoReturn:
    """Say which extra brings the missing module.

    Raises:
        ConfigurationError: With that sentence, when an extra of the command's distribution brings it.
        ModuleNotFoundError: The error itself, when none does: then it is a fault of the program.
    """
    missing = (error.name or "").split(".")[0]
    extra = extra_with(missing, (entry.dist.requires or ()) if entry.dist else ())
    if not extra or not entry.dist:
        raise error
    raise ConfigurationError(
        f"`dynamics-bc {entry.name}` needs {missing}, which is not installed; install {entry.dist.name}[{extra}]."
    ) from error


def extra_with(module: str, requirements: Sequence[str]) -> str | None:
    """The extra that brings a module.

    Args:
        module: Top-level name of the module.
        requirements: `Requires-Dist` lines of a distribution, such as `starlette>=0.46; extra == "emulator"`.
    """
    for requirement in requirements:
        match = _OF_EXTRA.match(requirement)
        if match and match["name"].lower().replace("-", "_") == module.lower():
            return match["extra"]
    return None
