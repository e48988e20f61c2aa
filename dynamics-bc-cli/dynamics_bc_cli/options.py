"""Which options do all commands share?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

Command = TypeVar("Command", bound="Callable[..., Any]")


class OnlyOne(click.Option):
    """An option that tells when it is given twice; click would take the last one in silence."""

    def value_from_envvar(self, ctx: click.Context) -> Any:
        """The variable's value as it is; click would look for several in it."""
        value = self.resolve_envvar_value(ctx)
        return None if value is None else (value,)

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        """The one value."""
        values = super().process_value(ctx, value)
        if len(values) > 1:
            raise click.BadParameter("takes one file; put what several hold into one.", ctx, self)
        return values[0]


config_option = click.option(
    "--config",
    "config_path",
    cls=OnlyOne,
    multiple=True,
    type=click.Path(path_type=Path),
    envvar="DYNAMICS_BC_CONFIG",
    required=True,
    show_envvar=True,
    metavar="FILE",
    help="Config file of the tap or the target.",
)

json_option = click.option(
    "--json/--table",
    "as_json",
    default=None,
    help="Form of the result; without either a table on a terminal, else JSON.",
)

catalog_option = click.option(
    "--catalog",
    "catalog_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Catalog that says which streams are selected.",
)


def shared_options(command: Command) -> Command:
    """Add the options that every command of this project has."""
    return config_option(json_option(command))
