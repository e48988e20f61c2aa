"""What can go wrong, does a repeat help, and how far does it spread?

    DynamicsError
    ├── ConfigurationError          exit code 2: a setting is missing, malformed or names something that is not there
    │   └── EnvironmentNotFound     the gateway knows no such environment
    ├── SignInError                 exit code 3: no token, or a token that the service does not accept
    ├── ConnectionLost              no response: the connection failed or broke
    ├── RequestTimedOut             no response in time
    ├── UnexpectedAnswer            a response this client cannot use: no JSON, a next link to a foreign host
    │   └── PageBroken              a page of status 200 that the service gave up half-way
    ├── QueryTooLong                refused before it was sent: the gateway takes no query string of that length
    └── ServiceError                the service said no; `judging` says which class a response is
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

An error is a value: whoever knows more than it says makes another one of it (`replacing`). This module imports nothing
of the package, so that the pure half (`odata`) can name these classes.
"""

# ruff: noqa: N818 - the names say what happened; "Error" behind each would add nothing

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, NoReturn

if TYPE_CHECKING:
    from typing_extensions import Self

Scope = Literal["record", "stream", "company", "run"]

CONFIG_KEEPER = "whoever keeps the config file"
USER = "the person who signs in"
ENTRA_ADMINISTRATOR = "an administrator of Microsoft Entra"
MACHINE_KEEPER = "whoever runs this machine"
SERVICE_ADMINISTRATOR = "an administrator of Business Central"


class Repeat(Enum):
    """For how long the same request is worth repeating; `retry.Patience` has the seconds."""

    NEVER = "it fails again until somebody changes something"
    TWICE = "it passes at once or not at all"
    BRIEFLY = "it may pass, or be the request's own fault: minutes"
    LONG = "it passes, and nothing is wrong with the request: a quarter of an hour"


SENTENCE_ENDS = (".", "!", "?")


class DynamicsError(Exception):
    """Anything that this project can explain in one sentence.

    Attributes:
        message: One sentence: what was tried, what came back, what to do. Holds no secret.
        scope: How far the error spreads: this record, this stream, this company, or the whole run.
        repeat: For how long a repeat is worth it.
        may_have_happened: Of a write: whether it may have been carried out all the same. Look before you repeat it.
        may_be_too_large: Whether the same page may pass with fewer rows.
        correlation_id: What Microsoft's support asks for; None when there was none.
        request_id: The other id that support asks for: of the request, at Microsoft Entra of the trace.
        exit_code: What a command ends with when nothing handles the error.
        who: Who can put it right; empty when nobody in particular.
        remedy: What they do, in a sentence or two; empty when the message says it, or when nobody knows.
    """

    scope: Scope = "run"
    repeat: Repeat = Repeat.NEVER
    may_have_happened: bool = False
    may_be_too_large: bool = False
    correlation_id: str | None = None
    request_id: str | None = None
    exit_code: int = 1
    who: str = ""
    remedy: str = ""
    message: str

    def __init__(self, message: str, **facts: Any) -> None:
        """Say what happened; `facts` are the attributes that differ from the class's own."""
        super().__init__(message)
        self.__dict__.update(facts, message=message)

    @property
    def repeatable(self) -> bool:
        """Whether the same request may succeed later without anybody changing anything."""
        return self.repeat is not Repeat.NEVER

    @property
    def explained(self) -> str:
        """The message, with what to do about it and the ids that support asks for: what a person is shown."""
        ids = f"[{self.support_ids}]" if self.support_ids else ""
        message = self.sentence if self.remedy else self.message
        return " ".join(part for part in (message, self.remedy, ids) if part)

    @property
    def sentence(self) -> str:
        """The message, so that more may follow: some of the service's own texts have no full stop."""
        return self.message if self.message.endswith(SENTENCE_ENDS) else f"{self.message}."

    @property
    def support_ids(self) -> str:
        """The ids that Microsoft's support asks for, as they are printed; empty without any."""
        ids = (("correlation id", self.correlation_id), ("request id", self.request_id))
        return ", ".join(f"{name} {value}" for name, value in ids if value)

    def replacing(self, **facts: Any) -> Self:
        """The same error but for some of its attributes."""
        error = type(self).__new__(type(self), *self.args)
        error.__dict__.update(self.__dict__, **facts)
        error.args = (error.message,)
        error.__cause__ = self.__cause__
        return error

    def __setattr__(self, name: str, value: object) -> None:
        # What Python itself keeps with an exception (`__traceback__`, `__notes__`) is no part of the value.
        if not (name.startswith("__") or name == "args"):
            self._refuse(name)
        super().__setattr__(name, value)

    def _refuse(self, name: str) -> NoReturn:
        raise AttributeError(f"An error is a value: {name} cannot be set, use replacing().")

    def __reduce__(self) -> tuple[Any, ...]:
        # Python would copy an exception by calling its class with the message alone.
        return _rebuilt, (type(self), self.args, dict(self.__dict__))


def _rebuilt(kind: type[DynamicsError], args: tuple[Any, ...], facts: dict[str, Any]) -> DynamicsError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(facts)
    return error


class ConfigurationError(DynamicsError):
    """A setting, a file or a name that the user gave is wrong; `problems` lists each on its own."""

    exit_code = 2
    problems: tuple[str, ...]

    def __init__(self, message: str, *, problems: tuple[str, ...] = ()) -> None:
        super().__init__(message, problems=problems or (message,))


class EnvironmentNotFound(ConfigurationError):
    """The gateway answers `NoEnvironment`: nothing of that name in that tenant."""


class SignInError(DynamicsError):
    """There is no token, or the service does not accept it.

    Attributes:
        code: OAuth's `error` (such as `invalid_client`) or the service's code; empty when neither was given.
    """

    exit_code = 3
    code: str = ""


class ConnectionLost(DynamicsError):
    """The connection failed or broke. `sent` says whether the service may have seen the request."""

    repeat = Repeat.LONG
    who = MACHINE_KEEPER
    remedy = "Check the network, the proxy and the address."
    sent: bool

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message, sent=sent, may_have_happened=sent)


class RequestTimedOut(DynamicsError):
    """No response in time. `sent` says whether the service may have seen the request."""

    scope: Scope = "stream"
    who = MACHINE_KEEPER
    repeat = Repeat.LONG
    sent: bool

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message, sent=sent, may_have_happened=sent, may_be_too_large=sent)


class UnexpectedAnswer(DynamicsError):
    """A response that this client cannot use."""

    scope: Scope = "stream"

    def __init__(self, message: str, *, repeatable: bool = False, **facts: Any) -> None:
        super().__init__(message, **{"repeat": Repeat.BRIEFLY} if repeatable else {}, **facts)


class ForeignAnswer(UnexpectedAnswer):
    """The web page of somebody on the way, whatever its status: a proxy's, a firewall's, a guest network's."""

    who = MACHINE_KEEPER
    remedy = ConnectionLost.remedy


class PageBroken(UnexpectedAnswer):
    """A page of status 200 that is none: an error is in it, or rows without the key that was asked for.

    Attributes:
        code: The service's code; empty when it gave none.
        text: The service's own message; empty when it gave none.
    """

    code: str
    text: str

    def __init__(self, message: str, *, code: str = "", text: str = "") -> None:
        super().__init__(message, repeatable=True, code=code, text=text)


class QueryTooLong(DynamicsError):
    """A query string that the gateway would answer with 414; nothing was sent."""

    scope: Scope = "stream"


class ServiceError(DynamicsError):
    """The service said no.

    Attributes:
        status: HTTP status.
        code: The service's code, such as `Application_DialogException`; empty when the body had none.
        text: The service's own message, without the correlation id, in the language of `Accept-Language`.
        retry_after_seconds: What the service asked to wait; None when it did not say.
    """

    scope: Scope = "record"
    status: int
    code: str = ""
    text: str = ""
    retry_after_seconds: float | None = None


class BadRequest(ServiceError):
    """The request is wrong, by the protocol's rules or by the application's."""


class Unauthorized(ServiceError):
    """The service does not accept the token, or does not accept it for this."""


class Forbidden(ServiceError):
    """The user or the app may not do this."""

    who = SERVICE_ADMINISTRATOR
    remedy = "Give this user or app a permission set that covers it, or leave it out."


class CompanyNotFound(ServiceError):
    """The path names a company that the environment does not have."""

    remedy = "It was renamed or deleted, or this user or app may not see it; `dynamics-bc companies` lists the others."


class RecordNotFound(ServiceError):
    """No record has that key."""


class ResourceNotFound(ServiceError):
    """No entity set, navigation property or action has that name."""


class MethodNotAllowed(ServiceError):
    """The entity set does not take this method."""


class DuplicateKey(ServiceError):
    """A record with that key exists already."""


class RecordChanged(ServiceError):
    """Somebody else changed the record: the etag is stale. Read it again."""


class RequestTooLarge(ServiceError):
    """The body, the page or the query string is too large."""


class TooManyRequests(ServiceError):
    """The service throttles this user; nothing was done, so a repeat is always safe."""

    scope: Scope = "run"
    repeat = Repeat.LONG


class Transient(ServiceError):
    """The service could not do it now: a time-out, a lock, a deadlock, maintenance."""

    repeat = Repeat.LONG
