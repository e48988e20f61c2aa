"""Where does a run write and what may it do, and what became of its records: the first and the last line of its log?"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dynamics_bc_plugin.ending import DONE, FAILED
from dynamics_bc_plugin.run_lines import counted, environment_named

if TYPE_CHECKING:
    from dynamics_bc_client.companies import Company
    from dynamics_bc_client.settings import ConnectionSettings
    from target_dynamics_bc.kept.outcomes import Tally
    from target_dynamics_bc.settings import TargetSettings


def first_line(run_id: str, connection: ConnectionSettings, settings: TargetSettings, company: Company | None) -> str:
    """Where a run writes, and what it may do.

    Args:
        run_id: The run.
        connection: How to reach the environment.
        settings: The target's settings.
        company: Where records go that name none; None when each has to name one.
    """
    where = f'company "{company.name}"' if company is not None else "the company that each record names"
    if company is not None and settings.route_by_company:
        where += " or the one that a record names"
    if settings.allowed_companies is not None:
        where += f", and to no company but {' and '.join(settings.allowed_companies)}"
    mode = f"posting {settings.posting}"
    if settings.dry_run:
        mode = "a dry run: nothing is written"
    elif settings.preview:
        mode = "a preview: what is new is drafted, compared and removed"
    return f"Run {run_id} writes to {environment_named(connection)}, {where}; {mode}."


def ended(tally: Tally, settings: TargetSettings, *, replays: bool = False) -> tuple[int, str]:
    """The exit code of a run that came to its end, and why it is not 0.

    Args:
        tally: What became of the records.
        settings: The target's settings.
        replays: Whether it was there for the dead letters alone.
    """
    reasons = [reason for reason in (_rejected(tally, settings), _broken(tally) if replays else "") if reason]
    return (FAILED, " and ".join(reasons)) if reasons else (DONE, "")


def _rejected(tally: Tally, settings: TargetSettings) -> str:
    failures = {"any": tally.rejected, "undecided": tally.undecided, "never": 0}[settings.fail_on]
    if failures:
        again = " and are to be sent again" if settings.fail_on == "undecided" else ""
        return f"{counted(failures, 'record')} {'was' if failures == 1 else 'were'} rejected{again}"
    if tally.to_be_rejected and settings.fail_on == "any":
        return f"{counted(tally.to_be_rejected, 'record')} would be rejected"
    return ""


def _broken(tally: Tally) -> str:
    lines = tally.broken_letters
    return f"{counted(lines, 'line')} of the dead letters could not be read" if lines else ""


def result(tally: Tally, settings: TargetSettings) -> str:
    """What became of the records, and where that is written."""
    kinds = sum(tally.counts.values(), Counter())
    counts = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()))
    kept = f"Outcomes are in {settings.outcomes_path}" if settings.outcomes_path else "Outcomes are in this log alone"
    if tally.rejected and settings.dead_letter_path:
        kept += f", rejected records in {settings.dead_letter_path}"
    if settings.results_stream and not settings.keeps_nothing:
        kept += f", results in {settings.results_stream}"
    passed = "the state is the last line of standard output, if one came"
    state = "no STATE was passed on" if settings.keeps_nothing else passed
    if not kinds:
        return f"No records; {state}."
    return f"{counts}. {kept}; {state}."
