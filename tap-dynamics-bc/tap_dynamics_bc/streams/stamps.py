"""How do stamps read, and how do they compare?

The service cuts zeros off the end of a stamp's milliseconds; bookmarks hold one fixed format, so that texts compare as
moments do.
"""

from __future__ import annotations

import contextlib
import re
from datetime import datetime, timezone

import pendulum

from dynamics_bc_client.odata.query import stamp_literal

_MOMENT = re.compile(r"[0-9]{4}[0-9TWZ:.,+ -]{0,60}", re.ASCII | re.IGNORECASE)
_SHOWN = 60


def to_stamp(text: str) -> str:
    """A date or a moment in ISO 8601, in UTC if it has no zone, as a stamp in the format `2026-01-28T10:00:00.000Z`.

    Raises:
        ValueError: The text is neither.
    """
    # The parser takes more than moments: durations, spans, and "now", which is another one each time.
    if _MOMENT.fullmatch(text.strip()):
        with contextlib.suppress(ValueError, OverflowError):  # the latter for what is before the year 1 in UTC
            moment: object = pendulum.parse(text.strip(), tz="UTC")
            if isinstance(moment, datetime):
                return stamp_literal(moment.astimezone(timezone.utc))
    raise ValueError(f'must be a date or a moment such as 2026-01-28T10:00:00Z, not "{text[:_SHOWN]}".')


def order(stamp: str) -> str:
    """What stamps compare by: without zeros at the end, and without the `Z`, which sorts behind every digit."""
    moment = stamp[:-1]
    return moment.rstrip("0").rstrip(".") if "." in moment else moment


def is_blank(stamp: str) -> bool:
    """Whether a stamp is the year 1 of rows that nobody has touched since stamps came to be."""
    return stamp.startswith("0001-")
