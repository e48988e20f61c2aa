"""Is the config understood? Values that are wrong, and names that no program reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_cli.doctor.findings import Case, Check, Finding
from dynamics_bc_client.errors import CONFIG_KEEPER
from dynamics_bc_plugin.settings import Setting, problems_of, refuse
from dynamics_bc_plugin.spelling import dangers, unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def settings(case: Case) -> Iterator[Finding]:
    """Every setting has a value that its program can read; names that nobody reads are worth a note or more."""
    rows: list[Setting] = []
    readings: list[Callable[[], object]] = [lambda: case.client]
    if "tap" in case.plugins:
        from tap_dynamics_bc.settings import SETTINGS, TapSettings  # noqa: PLC0415 - only for checks of the tap

        rows += SETTINGS
        readings.append(lambda: TapSettings.from_config(case.config))
    if "target" in case.plugins:
        from target_dynamics_bc.settings import SETTINGS as OF_TARGET  # noqa: PLC0415 - only for checks of the target

        rows += OF_TARGET
        readings.append(case.target_settings)
    strange = unread(case.config, rows)
    refuse([*problems_of(*readings), *dangers(strange)])
    yield Finding("settings", "ok", f"{case.config_path} is for {case.client.settings.api_root}")
    if strange:
        yield Finding("settings", "note", f"nothing reads {', '.join(str(each) for each in strange)}")


SETTINGS_CHECKS = (Check("settings", settings, CONFIG_KEEPER, "Correct the settings that the message names."),)
