"""How the service writes moments: UTC, at most three decimals, rounded as SQL Server's datetime rounds them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

EPOCH = datetime(1, 1, 1, tzinfo=timezone.utc)
BLANK_STAMP = "0001-01-01T00:00:00Z"
BLANK_DATE = "0001-01-01"
ZERO_GUID = "00000000-0000-0000-0000-000000000000"
_MILLISECOND = timedelta(milliseconds=1)
# SQL Server keeps a datetime in steps of 1/300 s, which leaves a last digit of 0, 3 or 7.
_NEAREST_STEP = (0, -1, 1, 0, -1, 2, 1, 0, -1, 1)


def to_milliseconds(moment: datetime) -> int:
    """Whole milliseconds since the year 1, the store's unit for stamps."""
    return (moment - EPOCH) // _MILLISECOND


def from_milliseconds(milliseconds: int) -> datetime:
    """The moment that many milliseconds after the year 1 began."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def rounded(milliseconds: int) -> int:
    """The nearest value that SQL Server's datetime can hold."""
    return milliseconds + _NEAREST_STEP[milliseconds % 10]


def to_stamp(milliseconds: int) -> str:
    """A stamp as the service spells it: `2025-03-05T19:19:22.27Z`, trailing zeros trimmed."""
    moment = from_milliseconds(milliseconds)
    text = f"{moment.year:04d}-{moment:%m-%dT%H:%M:%S}"
    fraction = f"{milliseconds % 1000:03d}".rstrip("0")
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"


def from_stamp(text: str) -> int:
    """Milliseconds of an ISO moment; more than three decimals are cut.

    Raises:
        ValueError: The text is no moment with a time zone.
    """
    whole, _, rest = text.partition(".")
    if rest:
        digits = rest.rstrip("Zz").split("+")[0].split("-")[0]
        text = f"{whole}.{digits[:6]:0<6}{rest[len(digits) :]}"
    moment = datetime.fromisoformat(text.replace("Z", "+00:00").replace("z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return to_milliseconds(moment)
