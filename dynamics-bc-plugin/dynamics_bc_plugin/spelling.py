"""Does a config name settings that nobody reads?

A misspelt name would be ignored: `"dryrun": true` would post. So every name that nothing reads is named once, with the
nearest that is read; and one that comes close to a setting that guards the books ends the program.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from dynamics_bc_plugin.settings import refuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dynamics_bc_plugin.settings import Setting

log = logging.getLogger(__name__)

PROGRAMS = "dynamics_bc.settings"
"""Entry points under which each program offers its rows: one config may serve several."""

OF_HOTGLUE = frozenset(
    {
        "enable_odata_discovery",
        "odata_discovery_include_prefixes",
        "odata_discovery_exclude_prefixes",
        "report_periods",
    }
)
"""What HotGlue's jobs hand over and is no setting here: no misspelling, whether it is read or not."""

_ADDED = ("id", "name", "mode")
"""Words that people add to the name of a setting."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A name in a config that nobody reads.

    Attributes:
        name: The name.
        nearest: The setting that may be meant; empty when none comes close.
        guards_books: Whether that one guards the books.
    """

    name: str
    nearest: str = ""
    guards_books: bool = False

    def __str__(self) -> str:
        return f"{self.name} (did you mean {self.nearest}?)" if self.nearest else self.name


def check_spelling(names: Iterable[str], settings: Sequence[Setting]) -> None:
    """Name what nobody reads, once and in one line.

    Args:
        names: The names that a config holds.
        settings: The rows of the program that reads it.

    Raises:
        ConfigurationError: A name comes close to a setting that guards the books.
    """
    found = unread(names, settings)
    refuse(dangers(found))
    if found:
        log.warning("Settings that nothing reads: %s.", ", ".join(str(each) for each in found))


def check_variables(environ: Iterable[str], plugin: str, settings: Sequence[Setting]) -> None:
    """Name environment variables that are a setting's but for case or for the plugin's name, and that nobody reads.

    Args:
        environ: Names of variables.
        plugin: The plugin's name.
        settings: Its rows.

    Raises:
        ConfigurationError: The setting that is meant guards the books.
    """
    found = list(unread_variables(environ, plugin, settings))
    refuse(dangers(found))
    if found:
        log.warning("Environment variables that nothing reads: %s.", ", ".join(str(each) for each in found))


def unread_variables(environ: Iterable[str], plugin: str, settings: Sequence[Setting]) -> Iterator[Unread]:
    """Variables such as `target_dynamics_bc_dry_run` and `TARGET_DYNAMIC_BC_DRY_RUN`, in their order.

    Args:
        environ: Names of variables.
        plugin: The plugin's name.
        settings: Its rows.
    """
    prefix = _prefix(plugin)
    guards = {*_names_of(each for each in settings if each.guards_books)}
    # The longest first: one setting's name may be the end of another's.
    names = sorted(_names_of(settings), key=len, reverse=True)
    for variable in environ:
        given = variable.upper()
        meant = next((name for name in names if given.endswith(f"_{name.upper()}")), None)
        if meant is None or variable == f"{prefix}{meant.upper()}":
            continue
        if _slips(_letters(given[: -len(meant)]), _letters(prefix)) <= 1:
            yield Unread(variable, f"{prefix}{meant.upper()}", guards_books=meant in guards)


def dangers(found: Iterable[Unread]) -> Iterator[str]:
    """One sentence for each name that comes close to a setting that guards the books."""
    for each in found:
        if each.guards_books:
            yield (
                f"{each.name} is not a setting; did you mean {each.nearest}? It decides what is written to the books, "
                "so correct the name or remove it."
            )


def unread(names: Iterable[str], settings: Sequence[Setting]) -> list[Unread]:
    """The names that nobody reads, in their order.

    Args:
        names: The names that a config holds.
        settings: The rows of the program that reads it; those of other programs are known too.
    """
    own = set(_names_of(settings))
    strange = [name for name in names if name not in own | OF_HOTGLUE]
    if not strange:
        return []
    # Only now: the other programs' rows and the SDK take time to import.
    known = own | set(_names_of(_rows_of_other_programs())) | _names_of_the_sdk()
    guards = list(_names_of(each for each in settings if each.guards_books))
    found = (_judged(name, guards, sorted(known)) for name in strange if name not in known)
    # A name that begins with a sign is a comment, unless it would switch a guard off.
    return [each for each in found if each.guards_books or each.name[:1].isalnum()]


def from_variables(environ: Iterable[str], plugin: str) -> Iterator[str]:
    """The names of settings in environment variables of a plugin, as `TAP_DYNAMICS_BC_PAGE_SIZE` has one.

    Args:
        environ: Names of variables.
        plugin: The plugin's name.
    """
    prefix = _prefix(plugin)
    for variable in environ:
        name = variable.removeprefix(prefix).lower()
        # Meltano has variables of its own, with two underscores; the SDK has one for the level of the log.
        if variable.startswith(prefix) and not name.startswith("_") and name != "loglevel":
            yield name


def _prefix(plugin: str) -> str:
    return f"{plugin.upper().replace('-', '_')}_"


def comes_close(name: str, to: str) -> bool:
    """Whether a name is another one with a slip of the pen: case, signs, a letter or two, singular, an added word."""
    given, meant = _letters(name), _letters(to)
    if given in {meant, re.sub(r"ies$", "y", meant), *(f"{meant}{word}" for word in _ADDED)}:
        return True
    return _slips(given, meant) <= (1 if len(meant) < 7 else 2)


def differs_in_signs(name: str, other: str) -> bool:
    """Whether two names are the same but for case and signs: `dynamics_bc` and `dynamics-bc`."""
    return name != other and _letters(name) == _letters(other)


def _judged(name: str, guards: Sequence[str], known: Sequence[str]) -> Unread:
    for guard in guards:
        if comes_close(name, guard):
            return Unread(name, guard, guards_books=True)
    close = get_close_matches(name.lower(), known, n=1)
    return Unread(name, close[0] if close else "")


def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())


def _slips(given: str, meant: str) -> int:
    """How many letters were left out, added, replaced or swapped with their neighbour."""
    rows = [list(range(len(meant) + 1))]
    for i, letter in enumerate(given, 1):
        row = [i]
        for j, other in enumerate(meant, 1):
            least = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == meant[j - 2] and given[i - 2] == other:
                least = min(least, rows[-2][j - 2] + 1)
            row.append(least)
        rows.append(row)
    return rows[-1][-1]


def _names_of(settings: Iterable[Setting]) -> Iterator[str]:
    for each in settings:
        yield each.name
        yield from each.aliases


def _rows_of_other_programs() -> Iterator[Setting]:
    for entry in entry_points(group=PROGRAMS):
        yield from entry.load()


def _names_of_the_sdk() -> set[str]:
    """The settings that the Singer SDK adds to every tap and target."""
    from singer_sdk import Tap, Target  # noqa: PLC0415 - takes a second

    schema: dict[str, dict[str, object]] = {"properties": {}}
    for plugin in (Tap, Target):
        plugin.append_builtin_config(schema)
    return set(schema["properties"])
