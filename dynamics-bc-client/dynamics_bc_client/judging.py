"""What does a response mean that is no success? One table, and nothing else, decides.

The first row that fits a status, a code and a text says which error it is, how far it spreads, for how long a repeat is
worth it, and whether a write may have been carried out. Codes go before statuses, which differ between versions of the
service; where only a text tells, it is a row of its own, with where it was seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    Repeat,
    RequestTooLarge,
    ResourceNotFound,
    ServiceError,
    TooManyRequests,
    Transient,
    Unauthorized,
)
from dynamics_bc_client.responses import ErrorDetails

if TYPE_CHECKING:
    from collections.abc import Collection

    from dynamics_bc_client.errors import Scope
    from dynamics_bc_client.odata.targets import RequestTarget, TargetKind

ANY_STATUS = range(300, 1000)


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of response, and what it means.

    Attributes:
        error: The class of the error.
        status: Statuses that it comes with.
        code: The service's code; `Family_*` for all of a family; empty for any.
        text: What the message contains, in lower case; empty for any.
        of: What alone it comes from; None for anything.
        reading: How far it spreads from a read: what cannot be read is mostly a whole set.
        writing: How far it spreads from a write: what cannot be written is mostly one record.
        repeat: For how long a repeat is worth it.
        repeat_read: The same for a read, where that differs: somebody else's change is over when it is asked for again.
        may_have_happened: Whether a write may have been carried out all the same.
        may_be_too_large: Whether the same page may pass with fewer rows.
        source: Where this is known from.
    """

    error: type[DynamicsError]
    status: Collection[int] = ANY_STATUS
    code: str = ""
    text: str = ""
    of: TargetKind | None = None
    reading: Scope = "stream"
    writing: Scope = "record"
    repeat: Repeat = Repeat.NEVER
    repeat_read: Repeat | None = None
    may_have_happened: bool = False
    may_be_too_large: bool = False
    source: str = ""


_CODES = "Microsoft's page on API errors"
_LIMITS = "Microsoft's page on operational limits"
_HTTP = "Microsoft's page on API status codes"

TABLE: tuple[Row, ...] = (
    # Texts: no code and no status tells these from others.
    Row(
        Transient,
        (400, 409),
        text="please try again later.",
        repeat=Repeat.LONG,
        source='a locked table, under any code: "We could not update the data right now ..."; shipping taps',
    ),
    Row(
        Transient,
        (409,),
        text="deadlock",
        repeat=Repeat.LONG,
        source='"The activity was deadlocked with another user."; also on reads, under several codes; production logs',
    ),
    Row(
        Transient,
        (400, 409),
        text="please retry the activity",
        repeat=Repeat.LONG,
        source='"... a record in the ... table was locked by another user."; Microsoft\'s page on lock time-outs',
    ),
    Row(
        RecordChanged,
        (400, 409, 412),
        text="we just updated this page",
        repeat_read=Repeat.BRIEFLY,
        source='"Sorry, we just updated this page. Reopen it, and try again.", also on reads; microsoft/AL 5091',
    ),
    Row(
        RecordChanged,
        (400, 409, 412),
        text="after you retrieved it from the database",
        repeat_read=Repeat.BRIEFLY,
        source='"Another user has modified the record for this ...", in the words of the database; microsoft/AL 5091',
    ),
    Row(
        CompanyNotFound,
        (400,),
        text="the supplied company name is not valid",
        reading="company",
        writing="company",
        source="a company that was renamed or removed, under the code BadRequest; seen live",
    ),
    # Codes.
    Row(EnvironmentNotFound, code="NoEnvironment", reading="run", writing="run", source="the gateway, in XML"),
    Row(CompanyNotFound, code="Internal_CompanyNotFound", reading="company", writing="company", source=_CODES),
    Row(RecordNotFound, code="Internal_RecordNotFound", reading="record", source=_CODES),
    Row(RecordNotFound, code="Internal_DataNotFoundFilter", reading="record", source=_CODES),
    Row(DuplicateKey, code="Internal_EntityWithSameKeyExists", source=f"{_CODES}; with 400 and with 409"),
    Row(Transient, code="Internal_TenantUnavailable", repeat=Repeat.LONG, source=f"{_CODES}: it never got there"),
    Row(RecordChanged, code="Request_EntityChanged", repeat_read=Repeat.BRIEFLY, source=_CODES),
    Row(MethodNotAllowed, code="BadRequest_MethodNotAllowed", writing="stream", source=_CODES),
    Row(ResourceNotFound, code="BadRequest_ResourceNotFound", writing="stream", source=_CODES),
    Row(
        TooManyRequests,
        code="Application_TooManyRequests",
        reading="run",
        writing="run",
        repeat=Repeat.LONG,
        source=_CODES,
    ),
    Row(Forbidden, code="Authorization_*", writing="stream", source=f"{_CODES} names the family alone"),
    Row(Unauthorized, code="Authentication_*", reading="run", writing="run", repeat=Repeat.TWICE, source=_CODES),
    Row(Transient, (409,), code="Internal_ServerError", repeat=Repeat.LONG, source="a deadlock in any language"),
    Row(BadRequest, (409,), code="Application_*", source="a rule of the application; a third party's server"),
    Row(BadRequest, (409,), code="Internal_*", source="a third party's server"),
    Row(BadRequest, (409,), code="BadRequest_*", source="a third party's server"),
    # Statuses.
    Row(Unauthorized, (401,), reading="run", writing="run", repeat=Repeat.TWICE, source=_HTTP),
    Row(Forbidden, (403,), writing="stream", source=_HTTP),
    Row(RecordNotFound, (404,), of="record", reading="record", source=_HTTP),
    Row(CompanyNotFound, (404,), of="company", reading="company", writing="company", source=_HTTP),
    Row(ResourceNotFound, (404,), writing="stream", source=_HTTP),
    Row(MethodNotAllowed, (405,), writing="stream", source=_HTTP),
    Row(
        Transient,
        (408, 504),
        repeat=Repeat.LONG,
        may_have_happened=True,
        may_be_too_large=True,
        source=f"{_LIMITS}: eight minutes of work, ten at the gateway",
    ),
    Row(RecordChanged, (409, 412), repeat_read=Repeat.BRIEFLY, source=_HTTP),
    Row(RequestTooLarge, (413,), may_be_too_large=True, source=f"{_LIMITS}: a body, or the rows of a page"),
    Row(RequestTooLarge, (414,), source=f"{_LIMITS}: a query string"),
    Row(TooManyRequests, (429,), reading="run", writing="run", repeat=Repeat.LONG, source=_LIMITS),
    Row(BadRequest, (501,), source="what the service has not got, such as a filter with `in`; measured"),
    Row(
        Transient,
        (500,),
        repeat=Repeat.BRIEFLY,
        may_have_happened=True,
        source=f"{_CODES}: an outage, or a row that the service cannot compute",
    ),
    Row(Transient, range(500, 1000), repeat=Repeat.LONG, may_have_happened=True, source=_HTTP),
    Row(BadRequest, source="everything else"),
)

REFUSED = Row(Forbidden, (401,), writing="stream", source="after a new token and waiting, where others were let in")
"""What becomes of `Unauthorized` in the end; of the company, if `companyInformation` is refused too."""


def judge(method: str, target: RequestTarget, status: int, details: ErrorDetails) -> DynamicsError:
    """The error that a response stands for, of a request of its own or of one inside a batch.

    Args:
        method: Of the request.
        target: Of the request.
        status: From 300 on.
        details: What the response says.
    """
    text = details.text.casefold()
    row = next(
        row
        for row in TABLE
        if status in row.status
        and row.code in {"", details.code, f"{details.code.partition('_')[0]}_*"}
        and row.text in text
        and (row.of is None or row.of == target.kind)
    )
    return _to_error(row, method, target, status, details)


def believed(method: str, target: RequestTarget, error: Unauthorized, scope: Scope) -> DynamicsError:
    """What a 401 is that stays, although other requests were let in."""
    details = ErrorDetails(error.code, error.text, error.correlation_id, error.request_id)
    return _to_error(REFUSED, method, target, error.status, details).replacing(
        message=f"{method} {target} was refused ({error.status}{_described(details)}) although other requests were "
        "not.",
        scope=scope,
    )


def _to_error(row: Row, method: str, target: RequestTarget, status: int, details: ErrorDetails) -> DynamicsError:
    """The error of one row."""
    reads = method == "GET"
    facts = {
        "scope": row.reading if reads else row.writing,
        "repeat": row.repeat_read if reads and row.repeat_read is not None else row.repeat,
        "may_have_happened": row.may_have_happened and not reads,
        "may_be_too_large": row.may_be_too_large and reads,
        "correlation_id": details.correlation_id,
        "request_id": details.request_id,
    }
    message = f"{method} {target} returned {status}{_described(details)}"
    if not issubclass(row.error, ServiceError):
        return row.error(message).replacing(**facts)
    return row.error(
        message,
        status=status,
        code=details.code,
        text=details.text,
        retry_after_seconds=details.retry_after_seconds,
        **facts,
    )


def _described(details: ErrorDetails) -> str:
    """Code and text as they follow a status in a message."""
    code = f" {details.code}" if details.code and details.code != "Unknown" else ""
    return f"{code}: {details.text}" if details.text else f"{code} and no explanation."
