"""Is the config understood? Values that are wrong, and names that no plugin knows."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from dynamics_bc_cli.doctor.connection_checks import CONFIG_KEEPER
from dynamics_bc_cli.doctor.findings import Case, Check, Finding
from dynamics_bc_client.settings import ALIASES, connection_settings_schema

if TYPE_CHECKING:
    from collections.abc import Iterator


def settings(case: Case) -> Iterator[Finding]:
    """Every setting has a value that its plugin can read; names that nobody reads are worth a note."""
    api_root = case.client.settings.api_root
    if "tap" in case.plugins:
        from tap_dynamics_bc.settings import TapSettings  # noqa: PLC0415 - only for checks of the tap

        TapSettings.from_config(case.config)
    if "target" in case.plugins:
        case.target_settings()
    yield Finding("settings", "ok", f"{case.config_path} is for {api_root}")
    if unknown := [name for name in case.config if name not in known_names()]:
        described = ", ".join(_with_suggestion(name) for name in unknown)
        yield Finding("settings", "note", f"nobody reads {described}")


def known_names() -> set[str]:
    """The names of all settings of both plugins, HotGlue's names and the SDK's own settings among them."""
    from singer_sdk import Tap, Target  # noqa: PLC0415 - takes a second

    from tap_dynamics_bc.settings import tap_settings_schema  # noqa: PLC0415
    from target_dynamics_bc.settings import target_settings_schema  # noqa: PLC0415

    schema: dict[str, Any] = {"properties": {}}
    for plugin in (Tap, Target):
        plugin.append_builtin_config(schema)
    for own in (connection_settings_schema, tap_settings_schema, target_settings_schema):
        schema["properties"] |= own()["properties"]
    return {*schema["properties"], *ALIASES}


def _with_suggestion(name: str) -> str:
    """A name nobody knows, with the one that may have been meant."""
    close = get_close_matches(name, known_names(), n=1)
    return f"{name} (is {close[0]} meant?)" if close else name


SETTINGS_CHECKS = (Check("settings", settings, CONFIG_KEEPER, "Correct the settings that the message names."),)
