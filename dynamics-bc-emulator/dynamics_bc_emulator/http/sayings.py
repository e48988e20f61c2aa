"""What the service says when something goes wrong that is not the client's doing: texts by status and by name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Saying:
    """A refusal in the service's words."""

    status: int
    code: str
    message: str


# Texts of the error code page, of telemetry pages, of recordings and of connectors' own tests.
SAYINGS = {
    "canceled": Saying(
        408,
        "Internal_ServerError",
        "The operation was canceled because it took longer to generate the result than the specified threshold.",
    ),
    "changed": Saying(409, "Request_EntityChanged", "Another user has already changed the record."),
    "company": Saying(400, "Internal_CompanyNotFound", "The supplied company name is not valid."),
    "credentials": Saying(401, "Authentication_InvalidCredentials", "The server has rejected the client credentials."),
    "data_upgrade": Saying(
        400,
        "Application_DialogException",
        "You must run the data upgrade for this API page before using it. You can run the data upgrade by navigating "
        "to API Data Upgrade page and scheduling upgrade for Purchase Credit Memos.",
    ),
    "deadlock": Saying(
        409, "Internal_ServerError", "The activity was deadlocked with another user. Please retry the activity."
    ),
    "dimension": Saying(400, "Application_DialogException", "Dimension Value does not exist."),
    "gateway": Saying(504, "Internal_ServerError", "The gateway did not receive a timely response."),
    "lock_timeout": Saying(
        500,
        "Internal_ServerError",
        "The operation could not complete because a record in the G/L Entry table was locked by another user. Please "
        "retry the activity.",
    ),
    "locked": Saying(
        400,
        "Internal_ServerError",
        "We could not update the data right now because a record was locked. Please try again later.",
    ),
    "page_updated": Saying(400, "Internal_ServerError", "Sorry, we just updated this page. Reopen it, and try again."),
    "permission": Saying(
        403,
        "Internal_ServerError",
        "Sorry, the current permissions prevented the action. (TableData 17 G/L Entry Read: Base Application)",
    ),
    "sql": Saying(500, "Internal_ServerError", "Cannot establish a connection to the SQL Server/Database."),
    "tenant": Saying(503, "Internal_TenantUnavailable", "The tenant is not accessible."),
    "too_many_requests": Saying(
        429, "Application_TooManyRequests", "Too many requests reached. Actual (101). Maximum (100)."
    ),
}
_BY_STATUS = {
    400: SAYINGS["locked"],
    401: SAYINGS["credentials"],
    403: Saying(403, "Authorization_RequestDenied", "Access is denied to company."),
    408: SAYINGS["canceled"],
    409: SAYINGS["deadlock"],
    429: SAYINGS["too_many_requests"],
    500: Saying(500, "Internal_ServerError", "An error occurred on the server."),
    502: Saying(502, "Internal_ServerError", "Bad gateway."),
    503: SAYINGS["tenant"],
    504: SAYINGS["gateway"],
}


def saying_of(status: int) -> Saying:
    """What is said with a status where nobody ordered other words."""
    return _BY_STATUS.get(status, Saying(status, "Unknown", "The request failed."))
