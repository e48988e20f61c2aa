"""How a job that failed is made ready to run again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.rules.draft import Rules
from dynamics_bc_emulator.stamps import BLANK_STAMP, ZERO_GUID, to_milliseconds, to_stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import Draft


def _restart(draft: Draft, _body: Mapping[str, Any]) -> Row:
    """What the job's last run left is cleared; it may start at once."""
    ready = {
        "status": "Ready",
        "errorMessage": "",
        "numberOfAttemptsToRun": 0,
        "userSessionId": 0,
        "userServiceInstanceId": 0,
        "userSessionStarted": BLANK_STAMP,
        "systemTaskId": ZERO_GUID,
        "earliestStartDateTime": to_stamp(to_milliseconds(draft.company.now())),
    }
    return draft.company.update("jobQueueEntries", draft.row["id"], ready)


RULES = Rules(actions={"restart": _restart})
