"""What does a run read, and what did it write, in the first and the last line of its log?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_plugin.run_lines import companies_named, counted, environment_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dynamics_bc_client.companies import Company
    from dynamics_bc_client.settings import ConnectionSettings
    from tap_dynamics_bc.settings import TapSettings


def first_line(
    run_id: str,
    connection: ConnectionSettings,
    settings: TapSettings,
    companies: Sequence[Company],
    *,
    streams: int,
    continued: bool,
) -> str:
    """What a run reads.

    Args:
        run_id: The run.
        connection: How to reach the environment.
        settings: The tap's own settings.
        companies: What is read of companies is read in these.
        streams: The number of selected streams.
        continued: Whether a state was given.
    """
    first = f"what changed since {settings.start_date}" if settings.start_date else "everything, as there is no state"
    what = "what changed since the state was written" if continued else first
    return (
        f"Run {run_id} reads {counted(streams, 'stream')} of {environment_named(connection)}, "
        f"{companies_named([company.name for company in companies])}; stream_naming is {settings.stream_naming}; "
        f"it reads {what}."
    )


def result(records: int, *, with_state: bool, certified: str = "") -> str:
    """What a run wrote, and where its state went.

    Args:
        records: How many.
        with_state: Whether the output ends with a state.
        certified: How much of what was read agrees with its source; empty where nobody looked.
    """
    state = "the state is the last line of standard output" if with_state else "no state was written"
    parts = (f"{counted(records, 'record')} written", certified, state)
    return f"{'; '.join(part for part in parts if part)}."
