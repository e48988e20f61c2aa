"""`dynamics-bc doctor`: what stands between this config and a run, and who puts it right?"""

from __future__ import annotations

import dataclasses
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from dynamics_bc_cli.connection import read_config
from dynamics_bc_cli.doctor.connection_checks import CONNECTION_CHECKS
from dynamics_bc_cli.doctor.findings import Case, Check, Finding, examine
from dynamics_bc_cli.doctor.folder_checks import FOLDER_CHECKS
from dynamics_bc_cli.doctor.settings_checks import SETTINGS_CHECKS
from dynamics_bc_cli.doctor.tap_checks import TAP_CHECKS
from dynamics_bc_cli.doctor.target_checks import TARGET_CHECKS
from dynamics_bc_cli.options import catalog_option, shared_options
from dynamics_bc_cli.output import Output, cleaned, to_json
from dynamics_bc_client.redaction import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

MARKS = {"ok": ("✓", "green"), "note": ("i", "yellow"), "fault": ("✗", "red"), "not checked": ("-", "dim")}


@click.command(short_help="Check everything between a config and a run.")
@shared_options
@catalog_option
@click.option(
    "--for",
    "plugin",
    type=click.Choice(["tap", "target", "both"]),
    help="Whose config it is; without it the target's if one of the target's own settings is there, else the tap's.",
)
@click.pass_context
def doctor(
    context: click.Context, config_path: Path, as_json: bool | None, catalog_path: Path | None, plugin: str | None
) -> None:
    """Check everything between a config and a run, and say who puts right what is wrong.

    Settings, sign-in, environment, the application's entry in it, companies, metadata; a row of every selected stream,
    or the target's company and its dimension mapping; folders. The chain ends at the first fault. Nothing is written to
    Business Central.
    """
    output = Output.chosen(as_json=as_json)
    config = read_config(config_path)
    plugins = _plugins(plugin, config)
    with closing(Case(config, config_path, plugins, catalog_path)) as case:
        findings = _shown(examine(case, chain(plugins)), output)
    context.exit(max(finding.exit_code for finding in findings))


def chain(plugins: tuple[str, ...]) -> tuple[Check, ...]:
    """The checks for these plugins, in the order in which one depends on the other."""
    tap = TAP_CHECKS if "tap" in plugins else ()
    target = TARGET_CHECKS if "target" in plugins else ()
    return (*SETTINGS_CHECKS, *CONNECTION_CHECKS, *tap, *target, *FOLDER_CHECKS)


def _plugins(asked: str | None, config: Mapping[str, Any]) -> tuple[str, ...]:
    if asked:
        return ("tap", "target") if asked == "both" else (asked,)
    return ("target",) if _is_for_target(config) else ("tap",)


def _is_for_target(config: Mapping[str, Any]) -> bool:
    from target_dynamics_bc.settings import TARGET  # noqa: PLC0415 - only doctor asks the target

    return any(name in config for each in TARGET for name in (each.name, *each.aliases))


def _shown(findings: Iterable[Finding], output: Output) -> list[Finding]:
    """The findings, each shown on a terminal as soon as it is made: some checks take their time."""
    if output.as_json:
        made = list(findings)
        output.stream.write(to_json(cleaned([dataclasses.asdict(finding) for finding in made])))
        return made
    console, made = output.console(), []
    for finding in findings:
        made.append(finding)
        console.print(*_lines(finding), sep="\n", soft_wrap=True)
    return made


def _lines(finding: Finding) -> list[Text]:
    mark, colour = MARKS[finding.status]
    lines = [Text.assemble((mark, colour), f" {finding.check:<24} {clean(finding.found) or finding.status}")]
    if finding.remedy:
        lines.append(Text(clean(f"  → {finding.who}: {finding.remedy}")))
    return lines
