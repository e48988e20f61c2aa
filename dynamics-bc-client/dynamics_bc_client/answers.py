"""What does an answer that is no success mean?

The body is looked at before it is parsed, whatever its content type claims: the service answers in OData's JSON, its
gateway in XML, older parts in JSON of another shape, proxies in HTML or not at all. What follows depends on status,
code and text together: 409 alone means four different things.
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

from dynamics_bc_client.errors import (
    BadRequest,
    CompanyNotFound,
    DuplicateKey,
    DynamicsError,
    EnvironmentNotFound,
    Forbidden,
    MethodNotAllowed,
    RecordChanged,
    RecordNotFound,
    RequestTooLarge,
    ResourceNotFound,
    Scope,
    ServiceError,
    TooManyRequests,
    Transient,
    Unauthorized,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_client.settings import ConnectionSettings
    from dynamics_bc_client.transport import Response

_CORRELATION = re.compile(r"\s*CorrelationId:\s*([0-9a-fA-F-]{36})\.?\s*$")
_TAGS = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]+>", re.DOTALL | re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL | re.IGNORECASE)
TEXT_SHOWN = 500

BY_CODE: Mapping[str, type[ServiceError]] = {
    "Internal_CompanyNotFound": CompanyNotFound,
    "Internal_RecordNotFound": RecordNotFound,
    "Internal_DataNotFoundFilter": RecordNotFound,
    "Internal_EntityWithSameKeyExists": DuplicateKey,
    "Internal_TenantUnavailable": Transient,
    "Request_EntityChanged": RecordChanged,
    "BadRequest_MethodNotAllowed": MethodNotAllowed,
    "BadRequest_ResourceNotFound": ResourceNotFound,
    "Application_TooManyRequests": TooManyRequests,
}
"""Codes that say more than their status, which differs between versions of the service."""

BY_STATUS: Mapping[int, type[ServiceError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: ResourceNotFound,
    405: MethodNotAllowed,
    408: Transient,
    409: RecordChanged,
    412: RecordChanged,
    413: RequestTooLarge,
    414: RequestTooLarge,
    429: TooManyRequests,
    501: BadRequest,
}

LOCKED = "please try again later."
DEADLOCKED = "deadlock"


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a body says: code and text (both may be empty), and the correlation id, taken out of the text."""

    code: str = ""
    text: str = ""
    correlation_id: str | None = None


def to_error(method: str, url: str, response: Response, settings: ConnectionSettings) -> DynamicsError:
    """The error that an answer stands for.

    Args:
        method: Of the request.
        url: Of the request.
        response: Its status is none of success.
        settings: For sentences that name the environment.
    """
    complaint = read_complaint(response.body, response.headers)
    if complaint.code == "NoEnvironment":
        return EnvironmentNotFound(
            f'There is no environment "{settings.environment_name}"{_in_tenant(settings)}: check environment_name'
            f"{' and tenant_id' if settings.tenant_id else ''}; the admin centre of Business Central lists them."
        )
    retry_after = retry_after_seconds(response.headers)
    return service_error(method, url, response.status, complaint, retry_after=retry_after)


def service_error(
    method: str, url: str, status: int, complaint: Complaint, *, retry_after: float | None = None
) -> ServiceError:
    """The error for a status and what the body says, of a request of its own or of one inside a batch."""
    kind = _kind(url, status, complaint)
    message = f"{method} {_short(url)} was answered with {status}{_described(complaint)}"
    return kind(
        message,
        status=status,
        code=complaint.code,
        text=complaint.text,
        correlation_id=complaint.correlation_id,
        method=method,
        url=url,
        retry_after_seconds=retry_after,
        scope=_scope(kind, method),
    )


def _kind(url: str, status: int, complaint: Complaint) -> type[ServiceError]:
    folded = complaint.text.casefold()
    # A table that is locked, a deadlock: under whichever code and status, the text tells.
    if LOCKED in folded or (status == 409 and (DEADLOCKED in folded or complaint.code == "Internal_ServerError")):
        return Transient
    if complaint.code in BY_CODE:
        return BY_CODE[complaint.code]
    if complaint.code.startswith("Authorization_"):
        return Forbidden
    if complaint.code.startswith("Authentication_"):
        return Unauthorized
    if status == 404 and _is_record(url):
        return RecordNotFound
    if status == 409 and complaint.code.startswith(("Application_", "Internal_", "BadRequest_")):
        return BadRequest
    if status in BY_STATUS:
        return BY_STATUS[status]
    return Transient if status >= 500 else BadRequest


def _scope(kind: type[ServiceError], method: str) -> Scope | None:
    """What cannot be read is a whole set; what cannot be written is one record."""
    if kind.scope == "record" and method == "GET" and kind is not RecordNotFound:
        return "stream"
    return None


def _is_record(url: str) -> bool:
    """Whether a URL ends in a key, of something below a company."""
    path = url.partition("?")[0].rstrip("/")
    return path.endswith(")") and not re.search(r"/companies\([^/]*\)$", path)


def _described(complaint: Complaint) -> str:
    code = f" {complaint.code}" if complaint.code and complaint.code != "Unknown" else ""
    return f"{code}: {complaint.text}" if complaint.text else f"{code} and no explanation."


def _short(url: str) -> str:
    """A URL without query and without what is before the company or behind the API root: what a person looks for."""
    path = url.partition("?")[0]
    for before in ("/companies(", "/api/v2.0/", "/api/", "://"):
        at = path.find(before)
        if at >= 0:
            return path[at + 1 :] if before == "/companies(" else path[at + len(before) :]
    return path


def _in_tenant(settings: ConnectionSettings) -> str:
    tenant = settings.environment_tenant or settings.tenant_id
    return f" in tenant {tenant}" if tenant else " in the tenant of this sign-in"


# --- bodies -----------------------------------------------------------------------------------------------------------


def read_complaint(body: bytes, headers: Mapping[str, str] | None = None) -> Complaint:
    """What a body says, in whichever of the four shapes, or none."""
    text = body.decode("utf-8-sig", errors="replace").strip()
    if text.startswith(("{", "[", '"')):
        code, said = _from_json(text)
    elif text.startswith("<"):
        code, said = _from_xml(body) or ("", _from_html(text))
    else:
        code, said = "", text
    return _complaint(code.strip(), " ".join(said.split()), headers or {})


def _from_json(text: str) -> tuple[str, str]:
    try:
        return _from_object(msgspec.json.decode(text.encode()))
    except msgspec.DecodeError:
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
    except (defusedxml.ElementTree.ParseError, DefusedXmlException):
        return None
    if root.tag.rpartition("}")[2] != "error":
        return None
    return root.findtext("{*}code") or "", root.findtext("{*}message") or ""


def _from_html(text: str) -> str:
    title = _TITLE.search(text)
    return title.group(1) if title else _TAGS.sub(" ", text)


def _complaint(code: str, text: str, headers: Mapping[str, str]) -> Complaint:
    """The correlation id taken out of the text, where it would make all messages different; else out of the headers."""
    match = _CORRELATION.search(text)
    if match:
        return Complaint(code, _cut(text[: match.start()]), match.group(1))
    return Complaint(code, _cut(text), headers.get("ms-correlation-x") or headers.get("request-id"))


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_SHOWN else f"{text[:TEXT_SHOWN]}..."


# --- headers ----------------------------------------------------------------------------------------------------------


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """The wait that `Retry-After` asks for: seconds, or a date, which counts from the answer's own `Date`."""
    value = (headers.get("Retry-After") or "").strip()
    if not value:
        return None
    if value.isdigit():
        return float(value)
    until, served = _moment(value), served_at(headers)
    return max(0.0, (until - served).total_seconds()) if until and served else None


def served_at(headers: Mapping[str, str]) -> datetime | None:
    """The service's own clock, UTC; None when the answer does not carry it."""
    return _moment(headers.get("Date") or "")


def _moment(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
