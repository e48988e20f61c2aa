"""How does a real-time HotGlue job write one record?

It calls `real_time_handler` with the record and its schema as lines of a Singer file, in a process that lives on.
"""

from __future__ import annotations

import io
import json
import time
from typing import TYPE_CHECKING, Any

from dynamics_bc_plugin.outgoing import guard
from target_dynamics_bc.json_lines import to_json_line
from target_dynamics_bc.target import TargetDynamicsBC

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping


def real_time_handler(
    config: Mapping[str, Any],
    stream_name: str,
    schema_line: str | Mapping[str, Any],
    record_line: str | Mapping[str, Any],
    logger: logging.Logger,
) -> dict[str, Any]:
    """Write one record.

    Args:
        config: The target's config, with HotGlue's names or ours.
        stream_name: The stream; it takes the place of the one that the lines name.
        schema_line: The SCHEMA message, as JSON text or decoded.
        record_line: The RECORD message, likewise.
        logger: Is told what became of the record.

    Returns:
        `state`: the line that a job reads from standard output. `metrics`: `seconds` it took, and how many records came
        to which outcome.

    Raises:
        DynamicsError: The run as a whole failed: configuration, sign-in, service. A rejected record is no error.
    """
    guard()
    started = time.monotonic()
    output = io.StringIO()
    target = TargetDynamicsBC(config={"state_format": "hotglue", "fail_on": "never", **config}, output=output)
    lines = (_named(message, stream_name) for message in (schema_line, record_line))
    try:
        target.listen(io.StringIO("".join(lines)))
    finally:
        target.close()
    for outcome in target.outcomes:
        logger.info("%s: %s", stream_name, outcome)
    counts: dict[str, int] = {}
    for outcome in target.outcomes:
        counts[outcome.kind] = counts.get(outcome.kind, 0) + 1
    state = json.loads(output.getvalue().splitlines()[-1])
    return {"state": state, "metrics": {"seconds": round(time.monotonic() - started, 3), **counts}}


def _named(message: str | Mapping[str, Any], stream_name: str) -> str:
    """A message as a line of a Singer file that names the stream."""
    decoded = json.loads(message) if isinstance(message, str) else message
    return to_json_line({**decoded, "stream": stream_name})
