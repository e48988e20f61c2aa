"""What is in a page of rows, and where does the next one start?

A page is kept as the bytes that came: finding its next link skips over the rows without building them, so a thread
that reads ahead costs little, and whoever wants the rows decodes them once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from dynamics_bc_client.errors import UnexpectedAnswer
from dynamics_bc_client.odata.urls import origin

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it came.

    Attributes:
        body: The JSON, undecoded: `{"value": [...], ...}`.
        next_link: Where the next page is; None on the last one. A page without rows may have one.
        url: What was asked for.
        served_at: The service's own clock (`Date` header), UTC.
        page_size: The number of rows that was asked for.
    """

    body: bytes = field(repr=False)
    next_link: str | None
    url: str
    served_at: datetime
    page_size: int


class _Envelope(msgspec.Struct):
    value: msgspec.Raw
    next_link: str | None = msgspec.field(name="@odata.nextLink", default=None)


class _Rows(msgspec.Struct):
    value: list[dict[str, Any]]


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_ROWS = msgspec.json.Decoder(_Rows, float_hook=Decimal)
_OBJECT = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


def next_link(body: bytes, *, root: str) -> str | None:
    """The next link of a page, verbatim: what the server put into it is its own business.

    Args:
        body: The page as it came.
        root: Any URL of the configured host.

    Raises:
        UnexpectedAnswer: The body is no page, or the link leads to another scheme, host or port: our token stays here.
    """
    try:
        envelope = _ENVELOPE.decode(body)
    except msgspec.MsgspecError as error:
        raise UnexpectedAnswer(
            f"The service answered with something that is no page of rows ({error}).",
            # What is no JSON at all was cut off, or came from somebody in between.
            repeatable=not isinstance(error, msgspec.ValidationError),
        ) from error
    if not bytes(envelope.value).startswith(b"["):
        raise UnexpectedAnswer('The service answered with a page whose "value" is no list.')
    link = envelope.next_link
    if not link:
        return None
    if origin(link) != origin(root):
        raise UnexpectedAnswer(
            f"The next link leads to {_host(link)}, not to {_host(root)}, so it was not followed; "
            "check api_url or full_url."
        )
    return link


def _host(url: str) -> str:
    scheme, host, port = origin(url)
    return f"{scheme}://{host}:{port}" if host else "no readable host"


def rows(body: bytes) -> list[dict[str, Any]]:
    """The rows of a page.

    Numbers with a fraction or an exponent come as `decimal.Decimal` with the service's digits, the others as int:
    both exact.

    Raises:
        UnexpectedAnswer: The body is no page.
    """
    try:
        return _ROWS.decode(body).value
    except msgspec.MsgspecError as error:
        raise UnexpectedAnswer(f"The service answered with something that is no page of rows ({error}).") from error


def row(body: bytes) -> dict[str, Any]:
    """One entity, decoded as in `rows`; an empty body is an empty entity.

    Raises:
        UnexpectedAnswer: The body is no JSON object.
    """
    if not body.strip():
        return {}
    try:
        return _OBJECT.decode(body)
    except msgspec.MsgspecError as error:
        raise UnexpectedAnswer(f"The service answered with something that is no JSON object ({error}).") from error
