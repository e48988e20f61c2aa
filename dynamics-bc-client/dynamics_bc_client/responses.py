"""What does a response say that is no success, or none that can be used?

The body is looked at before it is parsed, whatever its content type claims: the service answers in OData's JSON, its
gateway in XML, older parts in JSON of another shape, proxies in HTML or not at all. What follows from it is the matter
of `judging`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import defusedxml.ElementTree
import msgspec
from defusedxml.common import DefusedXmlException

from dynamics_bc_client.errors import ForeignAnswer, UnexpectedAnswer
from dynamics_bc_client.limits import MARKUP_CHARACTERS
from dynamics_bc_client.odata.decoding import BYTE_ORDER_MARK
from dynamics_bc_client.odata.nesting import check_nesting
from dynamics_bc_client.redaction import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_client.transport import Request, Response

_CORRELATION = re.compile(r"\s*CorrelationId:\s*([0-9a-fA-F-]{36})\.?\s*$")
_WEB_PAGE = "The response is a web page"
_TAGS = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]+>", re.DOTALL | re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL | re.IGNORECASE)
_SECONDS = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
TEXT_SHOWN = 500
ID_SHOWN = 100
FIRST_YEAR, LAST_YEAR = 2000, 2999


@dataclass(frozen=True, slots=True)
class ErrorDetails:
    """What a response says about why it is no success.

    Attributes:
        code: The service's code; empty without one.
        text: Its message, the correlation id taken out; empty without one.
        correlation_id: What Microsoft's support asks for.
        request_id: The other id that it asks for.
        retry_after_seconds: What the service asks to wait.
    """

    code: str = ""
    text: str = ""
    correlation_id: str | None = None
    request_id: str | None = None
    retry_after_seconds: float | None = None


def error_details(body: bytes, headers: Mapping[str, str]) -> ErrorDetails:
    """What a response says, in whichever of the four shapes, or none.

    Args:
        body: As it came.
        headers: Found by name in any case.
    """
    code, said = _code_and_text(body)
    text = " ".join(said.split())
    # The id makes all messages different, so it is taken out of the text; where that has none, a header may.
    match = _CORRELATION.search(text)
    return ErrorDetails(
        cut(clean(code).strip(), ID_SHOWN),
        cut(clean(text[: match.start()] if match else text)),
        match.group(1) if match else _id(headers, "ms-correlation-x"),
        _id(headers, "request-id"),
        retry_after_seconds(headers),
    )


def _id(headers: Mapping[str, str], name: str) -> str | None:
    value = headers.get(name)
    return None if value is None else cut(clean(value), ID_SHOWN)


def unusable(request: Request, response: Response, error: UnexpectedAnswer) -> UnexpectedAnswer:
    """The error of a successful response that is not what was asked for, with what it says and whose it is."""
    details = error_details(response.body, response.headers)
    unwanted = _unwanted(response, details)
    if unwanted.startswith(_WEB_PAGE):
        error = ForeignAnswer(error.message, scope=error.scope, repeat=error.repeat)
    return error.replacing(
        message=f"{request} returned {response.status}. {unwanted or error.message}",
        may_have_happened=True,  # if it was a write: its status says so, and the rest is not to be had
        correlation_id=details.correlation_id,
        request_id=details.request_id,
    )


def _unwanted(response: Response, details: ErrorDetails) -> str:
    """What came in place of what was wanted; empty when the body tells no more than the decoder did."""
    start = response.body[:100].removeprefix(BYTE_ORDER_MARK).lstrip().lower()
    server = cut(clean(response.headers.get("Server", "")), ID_SHOWN)
    sender = f" from {server}" if server else ""
    if not start:
        return f"The response{sender} is empty."
    if start.startswith((b"<html", b"<!doctype html")):
        return f'{_WEB_PAGE}{sender}, not one of Business Central: "{details.text}"'
    if details.code or (start.startswith(b"{") and details.text and not details.text.startswith("{")):
        said = ": ".join(each for each in (details.code, details.text) if each)
        return f"The response{sender} is an error all the same: {said}"
    if details.text and not start.startswith((b"{", b"[", b"<")):
        return f'The response{sender} is the text "{details.text}"'
    return ""


# --- bodies -----------------------------------------------------------------------------------------------------------


def _code_and_text(body: bytes) -> tuple[str, str]:
    text = body.decode("utf-8-sig", errors="replace").strip()
    if text.startswith(("{", "[", '"')):
        return _from_json(text)
    if text.startswith("<"):
        return _from_xml(body) or ("", _from_html(text))
    return "", text


def _from_json(text: str) -> tuple[str, str]:
    try:
        check_nesting(text)
        return _from_object(msgspec.json.decode(text.encode()))
    except (msgspec.DecodeError, RecursionError):
        return "", text


def _from_object(decoded: Any) -> tuple[str, str]:
    """OData's `{"error": {"code", "message"}}`, the admin API's flat form, OAuth's, or `{"message"}` in any case."""
    if not isinstance(decoded, dict):
        return "", str(decoded)
    fields = {str(name).lower(): value for name, value in decoded.items()}
    if isinstance(fields.get("error"), dict):
        return _from_object(fields["error"])
    code = fields.get("code") or fields.get("error") or ""
    message = fields.get("message") or fields.get("error_description") or ""
    if isinstance(message, dict):
        message = message.get("value", "")
    return str(code), str(message)


def _from_xml(body: bytes) -> tuple[str, str] | None:
    try:
        root = defusedxml.ElementTree.fromstring(body)
    except (defusedxml.ElementTree.ParseError, DefusedXmlException, ValueError, LookupError):
        return None
    if root.tag.rpartition("}")[2] != "error":
        return None
    return root.findtext("{*}code") or "", root.findtext("{*}message") or ""


def _from_html(text: str) -> str:
    # A tag that is not closed is looked for to the end, from each place where one begins.
    text = text[:MARKUP_CHARACTERS]
    title = _TITLE.search(text)
    return title.group(1) if title else _TAGS.sub(" ", text)


def cut(text: str, shown: int = TEXT_SHOWN) -> str:
    """The beginning of a text that is too long for a message."""
    return text if len(text) <= shown else f"{text[:shown]}..."


# --- headers ----------------------------------------------------------------------------------------------------------


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """The wait that `Retry-After` asks for: seconds, or a date, which counts from the response's own `Date`."""
    value = (headers.get("Retry-After") or "").strip()
    if not value:
        return None
    if _SECONDS.fullmatch(value):
        return float(value)
    until, served = _moment(value), served_at(headers)
    return max(0.0, (until - served).total_seconds()) if until and served else None


def served_at(headers: Mapping[str, str]) -> datetime | None:
    """The service's own clock, UTC; None when the response does not carry it."""
    return _moment(headers.get("Date") or "")


def _moment(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:  # nobody's clock, and some time before or behind it is no date
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
