"""What do the plugins and the command say about themselves?

Everything is asked of the programs as they are: the settings of `--about`, the tap's streams of the emulator's
metadata, the target's own table, the command's own help. Nothing is written down twice.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local_emulator import run
from singer_sdk import Tap, Target

from dynamics_bc_client.odata.metadata import parse_metadata
from dynamics_bc_emulator.routes import standard_route
from dynamics_bc_plugin.settings import aliases_of
from tap_dynamics_bc.settings import SETTINGS as OF_TAP
from tap_dynamics_bc.streams.discovery import describe_streams
from target_dynamics_bc.settings import SETTINGS as OF_TARGET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_dynamics_bc.streams.description import Stream

BIN = Path(sys.executable).parent
ALIASES = aliases_of((*OF_TAP, *OF_TARGET))
"""HotGlue's names of settings, and ours."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a plugin, as its JSON schema declares it."""

    name: str
    kind: str
    title: str
    description: str
    default: Any
    secret: bool
    choices: tuple[str, ...]


class _AnyTap(Tap):
    name = "tap"
    config_jsonschema: dict[str, Any] = {"properties": {}}  # noqa: RUF012 - the SDK declares it so


class _AnyTarget(Target):
    name = "target"
    config_jsonschema: dict[str, Any] = {"properties": {}}  # noqa: RUF012 - the SDK declares it so


@cache
def about(plugin: str) -> dict[str, Any]:
    """What `PLUGIN --about --format=json` prints."""
    return json.loads(run([str(BIN / plugin), "--about", "--format=json"]))


def settings(plugin: str) -> list[Setting]:
    """A plugin's own settings, without those that every plugin has from the Singer SDK."""
    builtin = sdk_settings(_AnyTap if plugin.startswith("tap") else _AnyTarget)
    properties = about(plugin)["settings"]["properties"]
    return [setting(name, schema) for name, schema in properties.items() if name not in builtin]


def sdk_settings(plugin: type[Tap | Target]) -> set[str]:
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    plugin.append_builtin_config(schema)
    return set(schema["properties"])


def setting(name: str, schema: Mapping[str, Any]) -> Setting:
    alternatives = [schema, *schema.get("anyOf", []), *schema.get("oneOf", [])]
    choices = next((tuple(each["enum"]) for each in alternatives if "enum" in each), ())
    return Setting(
        name=name,
        kind=kind_of(alternatives),
        title=schema.get("title", ""),
        description=schema.get("description", ""),
        default=schema.get("default"),
        secret=bool(schema.get("secret") or schema.get("writeOnly")),
        choices=tuple(choice for choice in choices if choice is not None),
    )


def kind_of(alternatives: list[Mapping[str, Any]]) -> str:
    """The JSON types a setting takes, such as "string" or "array or string"."""
    names: list[str] = []
    for each in alternatives:
        given = each.get("type", [])
        names += [given] if isinstance(given, str) else given
    formats = [each["format"] for each in alternatives if each.get("format") == "date-time"]
    return " or ".join(dict.fromkeys(formats or [name for name in names if name != "null"])) or "any"


NEWEST, PUBLISHED = "29", "28"
"""Releases of the standard API: the newest there is a picture of, and what tenants publish today."""


@cache
def streams(release: str = NEWEST) -> tuple[Stream, ...]:
    """The streams that the tap makes of what a release of the standard API publishes."""
    metadata = parse_metadata(standard_route(int(release)).metadata)
    return tuple(sorted(describe_streams(metadata).values(), key=lambda each: each.name.lower()))
