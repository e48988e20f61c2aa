"""One parsed request of the data API, for the HTTP path and for `$batch` alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class DataRequest:
    """What a client asks of the data API.

    Attributes:
        method: `GET`, `POST`, `PATCH`, `PUT` or `DELETE`.
        url_path: Below the API root, percent-decoded, without a leading slash: `companies(<guid>)/customers`.
        query: Query options, decoded; the names as sent.
        headers: Header values by lower-case name.
        body: The raw body, empty if there is none.
        now: The emulator's clock.
        base_url: The API root as the client spelled it, for contexts and links.
        principal: Who asks: an application's client id or a user's name.
        handshake: Whether the receiver at a url confirms a subscription; None where no receiver can be asked.
        page_rows: Rows that a page has whatever the client prefers; None for what it prefers.
    """

    method: str
    url_path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    now: Callable[[], datetime]
    base_url: str = ""
    principal: str = ""
    page_rows: int | None = None
    handshake: Callable[[str], bool] | None = None


@dataclass(frozen=True, slots=True)
class DataResponse:
    """What the data API says.

    Attributes:
        status: HTTP status.
        body: JSON-like value; `bytes` go out as they are and are JSON unless a `Content-Type` header says otherwise;
            None is an empty body.
        headers: Further headers, such as `Location`.
    """

    status: int
    body: Any | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
