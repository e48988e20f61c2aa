"""What is a setting, and how are all settings of a config read at once?

Each program lists its settings as rows of `Setting`. The JSON schema it publishes, the tables of the documentation, the
checks of a config and the check for misspelt names all come from those rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from dynamics_bc_client.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

A = TypeVar("A")
B = TypeVar("B")


class SettingFault(ValueError):  # noqa: N818 - what is wrong with a value
    """What is wrong with one value, said so that "<name> " fits before it. Never quotes a secret."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes:
        name: Its name in a config.
        title: What people call it.
        description: What it does, in a sentence or two.
        schema: Its JSON schema: types and choices.
        read: Makes the value of what a config holds; raises `SettingFault`.
        secret: Whether its value is shown to nobody.
        default: The published default; None when there is none, or when it depends on something.
        aliases: Names that HotGlue's jobs use for it.
        guards_books: Whether leaving it out by a slip of the pen could write wrong books: a name that comes close to it
            ends the program.
    """

    name: str
    title: str
    description: str
    schema: Mapping[str, Any]
    read: Callable[[Any], Any]
    secret: bool = False
    default: Any = None
    aliases: tuple[str, ...] = ()
    guards_books: bool = False


def schema_of(settings: Iterable[Setting]) -> dict[str, Any]:
    """The JSON schema that publishes these settings."""
    return {"type": "object", "properties": {each.name: _property(each) for each in settings}}


def _property(setting: Setting) -> dict[str, Any]:
    schema = {**setting.schema, "title": setting.title, "description": setting.description}
    if setting.secret:
        # `secret` is the SDK's mark, `writeOnly` JSON schema's own.
        schema |= {"secret": True, "writeOnly": True}
    if setting.default is not None:
        schema["default"] = setting.default
    return schema


def aliases_of(settings: Iterable[Setting]) -> dict[str, str]:
    """HotGlue's names -> ours."""
    return {alias: each.name for each in settings for alias in each.aliases}


def given(config: Mapping[str, Any], setting: Setting) -> Any:
    """What a config holds for a setting, None when nothing.

    The setting's own name wins over an alias. Null and blank text mean that nothing was set: job runners write either.
    """
    values = (config.get(name) for name in (setting.name, *setting.aliases))
    return next((value for value in values if not _is_absent(value)), None)


def _is_absent(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def read_settings(settings: Iterable[Setting], config: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    """The values of the settings that a config holds and that are sound, by name.

    Args:
        settings: Which ones to read; other names in the config are somebody else's.
        config: The config, with our names or HotGlue's.
        problems: Gets one sentence for each value that is not sound.
    """
    values: dict[str, Any] = {}
    for each in settings:
        value = given(config, each)
        if value is None:
            continue
        try:
            check_characters(value)
            values[each.name] = each.read(value)
        except SettingFault as fault:
            problems.append(f"{each.name} {fault}")
    return values


def refuse_half_characters(value: Any, what: str) -> None:
    """See that all texts of a file can be written again.

    Args:
        value: What the file holds.
        what: What to call it.

    Raises:
        ConfigurationError: One cannot.
    """
    try:
        check_characters(value)
    except SettingFault as fault:
        raise ConfigurationError(f"{what} {fault}") from fault


def check_characters(value: Any) -> None:
    """See that all texts of a value, at any depth, can be sent and written.

    Raises:
        SettingFault: One cannot.
    """
    if isinstance(value, str) and any(0xD800 <= ord(character) < 0xE000 for character in value):
        raise SettingFault("holds half of a character (an escape such as \\ud83d alone); write the whole one.")
    if isinstance(value, dict):
        for each in (*value, *value.values()):
            check_characters(each)
    elif isinstance(value, list | tuple):
        for each in value:
            check_characters(each)


def refuse(problems: Iterable[str]) -> None:
    """Refuse a config that has problems.

    Raises:
        ConfigurationError: There is at least one.
    """
    if found := tuple(dict.fromkeys(problems)):
        raise ConfigurationError(" ".join(found), problems=found)


def read_together(first: Callable[[], A], second: Callable[[], B], *checks: Callable[[], object]) -> tuple[A, B]:
    """Read two parts of a config, and check it, so that the faults of all are named together.

    Args:
        first: Reads one part.
        second: Reads the other.
        checks: Check what both have in common.

    Raises:
        ConfigurationError: With one sentence for each fault of any of them.
    """
    results: list[Any] = []
    refuse(problems_of(*(lambda read=read: results.append(read()) for read in (first, second, *checks))))
    return results[0], results[1]


def problems_of(*readings: Callable[[], object]) -> list[str]:
    """What is wrong with a config by several readings of it, one sentence for each fault."""
    problems: list[str] = []
    for read in readings:
        try:
            read()
        except ConfigurationError as error:  # noqa: PERF203 - a handful
            problems += error.problems
    return problems
