"""Pipes records into the target against the emulated service without its server."""

from __future__ import annotations

import contextlib
import io
import json
import time
from typing import TYPE_CHECKING, Any

from tap.desk_runs import HOST, Killed

from target_dynamics_bc.target import TargetDynamicsBC
from tests.target.conftest import Piped, singer_lines

if TYPE_CHECKING:
    from pathlib import Path

    from tap.desk_runs import DeskTransport

CONFIG = {
    "api_url": HOST,
    "tenant_id": "acme.example",
    "access_token": "a-token",
    "expires_in": 9_999_999_999,
    "max_requests_per_window": 1_000_000,
}


def _moment(seconds: float) -> None:
    """Sleep hardly at all. Whoever waits by the clock asks again after each moment, and would do nothing else."""
    time.sleep(min(seconds, 0.002))


def pipe_at(transport: DeskTransport, records: Any, folder: Path, *, store: bool = True, **config: Any) -> Piped | None:
    """One run of the target at a desk; None when it was killed."""
    outcomes_path = folder / "outcomes.jsonl"
    outcomes_path.unlink(missing_ok=True)
    settings = {**CONFIG, "outcomes_path": str(outcomes_path), **config}
    if store:
        settings["store_path"] = str(folder / "store")
    asked = len(transport.asked)
    output = io.StringIO()
    target = TargetDynamicsBC(config=settings, transport=transport, sleep=_moment)
    try:
        with contextlib.redirect_stdout(output):
            target.listen(io.StringIO(singer_lines(records)))
    except Killed:
        return None
    finally:
        target.close()
    written = outcomes_path.read_text().splitlines() if outcomes_path.exists() else []
    states = [json.loads(line) for line in output.getvalue().splitlines()]
    return Piped(target.exit_code, states, [json.loads(line) for line in written], transport.asked[asked:])
