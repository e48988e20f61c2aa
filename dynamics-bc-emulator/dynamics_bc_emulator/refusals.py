"""Everything the service says no with, in its own shape."""

from __future__ import annotations

import uuid
from typing import Any


class Refusal(Exception):  # noqa: N818 - the service's refusals are answers, not failures of this program
    """A refusal, with the status, code and message that the client sees.

    Statuses and codes are those of Microsoft's error code page and of recordings; `BadRequest` is the family of
    whatever else is wrong with a request.
    """

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}

    def body(self, correlation_id: str | None = None) -> dict[str, Any]:
        """The error as JSON; the correlation id is part of the message, after two blanks."""
        correlation_id = correlation_id or str(uuid.uuid4())
        return {"error": {"code": self.code, "message": f"{self.message}  CorrelationId:  {correlation_id}."}}


class Kept(Exception):  # noqa: N818 - as Refusal
    """A refusal by which everything that was done before it stays: the application had committed it.

    Args:
        refusal: What the client sees.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def bad_request(message: str) -> Refusal:
    """400 for a request that cannot be understood."""
    return Refusal(400, "BadRequest", message)


def refused(message: str) -> Refusal:
    """400 for what the application itself refuses (an AL error)."""
    return Refusal(400, "Application_DialogException", message)


def unknown_property(name: str, type_name: str) -> Refusal:
    """400 for a property the type does not have."""
    return bad_request(f"Could not find a property named '{name}' on type 'Microsoft.NAV.{type_name}'.")


def unknown_segment(name: str) -> Refusal:
    """404 for an entity set, navigation or action that is not there."""
    return Refusal(404, "BadRequest_ResourceNotFound", f"Resource not found for the segment '{name}'.")


def read_only(name: str) -> Refusal:
    """400 for a change of a property that cannot be changed."""
    return Refusal(400, "BadRequest_InvalidOperation", f"Control '{name}' is read-only.")


def query_syntax() -> Refusal:
    """400 for a key or option that cannot be parsed."""
    return Refusal(400, "BadRequest_NotFound", "Bad Request - Error in query syntax.")


def record_not_found(caption: str, identification: str) -> Refusal:
    """404 for a row that is not there.

    Args:
        caption: The entity as people call it, such as `Customer`.
        identification: Fields and values, such as `Id='<guid>'`.
    """
    message = f"The {caption} does not exist. Identification fields and values: {identification}"
    return Refusal(404, "Internal_RecordNotFound", message)


def company_not_found(name: str) -> Refusal:
    """404 for a company that is not there."""
    return Refusal(404, "Internal_CompanyNotFound", f"The company '{name}' does not exist.")


def method_not_allowed(entity_set: str) -> Refusal:
    """405 for a verb that the set does not offer."""
    return Refusal(405, "BadRequest_MethodNotAllowed", f"'{entity_set}' does not support this method.")


def not_implemented(message: str) -> Refusal:
    """501 for a query option the server cannot do."""
    return Refusal(501, "BadRequest_MethodNotImplemented", message)


def no_credentials() -> Refusal:
    """401 for a token that is missing, expired or not ours."""
    message = "The server has rejected the client credentials."
    return Refusal(401, "Authentication_InvalidCredentials", message, {"WWW-Authenticate": "Bearer"})


def no_entitlement() -> Refusal:
    """401 for somebody whose token is good and whom the environment does not know."""
    message = "Web service call failed because user could not be authenticated or authorized."
    return Refusal(401, "Authentication_InvalidCredentials", message, {"WWW-Authenticate": "Bearer"})
