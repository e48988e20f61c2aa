"""What can go wrong, does a repeat help, and how far does it spread?

    DynamicsError
    ├── ConfigurationError          exit code 2: a setting is missing, malformed or names something that is not there
    │   └── EnvironmentNotFound     the gateway knows no such environment
    ├── SignInError                 exit code 3: no token, or a token that the service does not accept
    ├── ConnectionLost              no answer: the connection failed or broke
    ├── RequestTimedOut             no answer in time
    ├── UnexpectedAnswer            an answer this client cannot use: no JSON, a next link to a foreign host
    │   └── PageBroken              a page of status 200 that the service gave up half-way
    ├── QueryTooLong                refused before it was sent: the gateway takes no query string of that length
    └── ServiceError                the service said no
        ├── BadRequest              400, 415, 501: the request is wrong, also by the application's own rules
        ├── Unauthorized            401
        ├── Forbidden               403
        ├── CompanyNotFound         the company of the path does not exist
        ├── RecordNotFound          404 for a key
        ├── ResourceNotFound        404 for an entity set or a path
        ├── MethodNotAllowed        405
        ├── DuplicateKey            the record exists already
        ├── RecordChanged           the etag is stale
        ├── RequestTooLarge         413, 414
        ├── TooManyRequests         429
        └── Transient               408, 5xx, a deadlock, a locked table: the same request may succeed later

This module imports nothing of the package, so that the pure half (`odata`) can name these classes.
"""

# ruff: noqa: N818 - the names say what happened; "Error" behind each would add nothing

from __future__ import annotations

from typing import Any, Literal

Scope = Literal["record", "stream", "company", "run"]


class DynamicsError(Exception):
    """Anything that this project can explain in one sentence.

    Attributes:
        message: One sentence: what was tried, what came back, what to do. Holds no secret.
        scope: How far the error spreads: this record, this stream, this company, or the whole run.
        repeatable: Whether the same request may succeed later without anybody changing anything.
        outcome_unknown: Of a write: whether it may have happened all the same. Look before you repeat it.
        exit_code: What a command ends with when nothing handles the error.
    """

    scope: Scope = "run"
    repeatable: bool = False
    exit_code: int = 1

    def __init__(
        self,
        message: str,
        *,
        scope: Scope | None = None,
        repeatable: bool | None = None,
        outcome_unknown: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.outcome_unknown = outcome_unknown
        if scope is not None:
            self.scope = scope
        if repeatable is not None:
            self.repeatable = repeatable

    def __reduce__(self) -> tuple[Any, ...]:
        # Python would copy an exception by calling its class with the message alone.
        return _rebuilt, (type(self), self.args, dict(self.__dict__))


def _rebuilt(kind: type[DynamicsError], args: tuple[Any, ...], state: dict[str, Any]) -> DynamicsError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class ConfigurationError(DynamicsError):
    """A setting, a file or a name that the user gave is wrong; `problems` lists each on its own."""

    exit_code = 2

    def __init__(self, message: str, *, problems: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems or (message,)


class EnvironmentNotFound(ConfigurationError):
    """The gateway answers `NoEnvironment`: nothing of that name in that tenant."""


class SignInError(DynamicsError):
    """There is no token, or the service does not accept it.

    Attributes:
        code: OAuth's `error` (such as `invalid_client`) or the service's code; empty when neither was given.
    """

    exit_code = 3

    def __init__(self, message: str, *, code: str = "", scope: Scope | None = None) -> None:
        super().__init__(message, scope=scope)
        self.code = code


class ConnectionLost(DynamicsError):
    """The connection failed or broke. `sent` says whether the service may have seen the request."""

    repeatable = True

    def __init__(self, message: str, *, sent: bool, outcome_unknown: bool = False) -> None:
        super().__init__(message, outcome_unknown=outcome_unknown)
        self.sent = sent


class RequestTimedOut(DynamicsError):
    """No answer in time. `sent` says whether the service may have seen the request."""

    scope: Scope = "stream"
    repeatable = True

    def __init__(self, message: str, *, sent: bool, outcome_unknown: bool = False) -> None:
        super().__init__(message, outcome_unknown=outcome_unknown)
        self.sent = sent


class UnexpectedAnswer(DynamicsError):
    """An answer that this client cannot use."""

    scope: Scope = "stream"


class PageBroken(UnexpectedAnswer):
    """A page of status 200 that is none: an error is in it, or rows without the key that was asked for.

    Attributes:
        code: The service's code; empty when it gave none.
        text: The service's own message; empty when it gave none.
    """

    repeatable = True

    def __init__(self, message: str, *, code: str = "", text: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.text = text


class QueryTooLong(DynamicsError):
    """A query string that the gateway would answer with 414; nothing was sent."""

    scope: Scope = "stream"


class ServiceError(DynamicsError):
    """The service said no.

    Attributes:
        status: HTTP status.
        code: The service's code, such as `Application_DialogException`; empty when the body had none.
        text: The service's own message, without the correlation id, in the language of `Accept-Language`.
        correlation_id: What Microsoft's support asks for; None when the service gave none.
        method: HTTP method of the request.
        url: URL of the request; URLs of this service carry no secrets.
        retry_after_seconds: What the service asked to wait; None when it did not say.
    """

    scope: Scope = "record"

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str = "",
        text: str = "",
        correlation_id: str | None = None,
        method: str = "",
        url: str = "",
        retry_after_seconds: float | None = None,
        scope: Scope | None = None,
        repeatable: bool | None = None,
        outcome_unknown: bool = False,
    ) -> None:
        super().__init__(message, scope=scope, repeatable=repeatable, outcome_unknown=outcome_unknown)
        self.status = status
        self.code = code
        self.text = text
        self.correlation_id = correlation_id
        self.method = method
        self.url = url
        self.retry_after_seconds = retry_after_seconds


class BadRequest(ServiceError):
    """The request is wrong, by the protocol's rules or by the application's."""


class Unauthorized(ServiceError):
    """The service does not accept the token. The client renews it once; then this becomes a `SignInError`."""

    scope: Scope = "run"


class Forbidden(ServiceError):
    """The user or the app may not do this."""

    scope: Scope = "stream"


class CompanyNotFound(ServiceError):
    """The path names a company that the environment does not have."""

    scope: Scope = "company"


class RecordNotFound(ServiceError):
    """No record has that key."""


class ResourceNotFound(ServiceError):
    """No entity set, navigation property or action has that name."""

    scope: Scope = "stream"


class MethodNotAllowed(ServiceError):
    """The entity set does not take this method."""

    scope: Scope = "stream"


class DuplicateKey(ServiceError):
    """A record with that key exists already."""


class RecordChanged(ServiceError):
    """Somebody else changed the record: the etag is stale. Read it again."""


class RequestTooLarge(ServiceError):
    """The body or the query string is too large."""


class TooManyRequests(ServiceError):
    """The service throttles this user; nothing was done, so a repeat is always safe."""

    scope: Scope = "run"
    repeatable = True


class Transient(ServiceError):
    """The service could not do it now: a time-out, a lock, a deadlock, maintenance."""

    repeatable = True
