"""How is one request carried through: signed in, throttled, repeated where that helps and is safe?"""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from dynamics_bc_client.errors import (
    SERVICE_ADMINISTRATOR,
    CompanyNotFound,
    ConfigurationError,
    DynamicsError,
    EnvironmentNotFound,
    Forbidden,
    RecordChanged,
    RecordNotFound,
    ResourceNotFound,
    ServiceError,
    SignInError,
    TooManyRequests,
    Unauthorized,
    UnexpectedAnswer,
)
from dynamics_bc_client.judging import believed, judge
from dynamics_bc_client.odata.targets import STANDARD, WEB_SERVICES, RequestTarget
from dynamics_bc_client.odata.urls import origin
from dynamics_bc_client.read_intent import ReadIntent
from dynamics_bc_client.responses import error_details, served_at, unusable
from dynamics_bc_client.retry import Intent, Patience, Retries
from dynamics_bc_client.transport import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from dynamics_bc_client.auth import SignIn
    from dynamics_bc_client.errors import Scope
    from dynamics_bc_client.settings import ConnectionSettings
    from dynamics_bc_client.throttle import Throttle
    from dynamics_bc_client.transport import Transport

log = logging.getLogger(__name__)

T = TypeVar("T")
BAD_STATUS = 300
UNAUTHORIZED = 401
WANTED_BY_ALL = frozenset({"", "$metadata", "companies"})
"""What of the standard API nothing can be done without."""
LISTING = "companies?$select=id"
"""What whoever is let into an environment may read."""
GONE = (RecordNotFound, ResourceNotFound)


@dataclass(frozen=True, slots=True)
class RequestSummary:
    """One request that was sent, for metrics and progress.

    Attributes:
        method: HTTP method.
        url: Whole URL.
        status: HTTP status; None when no response came.
        seconds: From sending to the last byte, or to the failure.
        waited_seconds: Before sending, for a slot or because the service throttles.
        response_bytes: Length of the unpacked body.
    """

    method: str
    url: str
    status: int | None
    seconds: float
    waited_seconds: float
    response_bytes: int


@dataclass(frozen=True, slots=True)
class Attempted(Generic[T]):
    """What came of a request, after all its repeats: a response or an error.

    Attributes:
        response: What the response was read into; None after an error.
        error: Why there is none; None when there is one.
        may_have_happened: Whether a write without a response may have been carried out all the same.
    """

    response: T | None = None
    error: DynamicsError | None = None
    may_have_happened: bool = False

    def get(self) -> T:
        """The response.

        Raises:
            DynamicsError: There is none.
        """
        if self.error is not None:
            raise self.error
        return cast("T", self.response)  # without an error there is one


class Exchange:
    """Sends requests to the one configured host; shared by all threads of a client."""

    def __init__(
        self,
        settings: ConnectionSettings,
        transport: Transport,
        sign_in: SignIn,
        throttle: Throttle,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        random: Callable[[], float],
        on_request: Callable[[RequestSummary], None] | None,
        patience: Patience,
        read_intent: ReadIntent | None = None,
    ) -> None:
        self.sign_in = sign_in
        self._read_intent = read_intent or ReadIntent(from_replica=False)
        self._settings = settings
        self._transport = transport
        self._throttle = throttle
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._on_request = on_request
        self._patience = patience
        self._fields = {"User-Agent": settings.user_agent, "Accept-Language": settings.accept_language}
        self._root = settings.api_root
        # Set by the first success: from then on a 401 is about what was asked for, not about who asks.
        self._admitted = False
        # Set by the first response: from then on a connection that fails is an outage, not a wrong name.
        self._reached = False
        self._date: str | None = None

    # --- requests -----------------------------------------------------------------------------------------------------

    @property
    def root(self) -> str:
        """The root of the standard API."""
        return self._root

    @property
    def served_at(self) -> datetime | None:
        """When the last response came, by the service's own clock, UTC; None where none has said."""
        return None if self._date is None else served_at({"Date": self._date})

    def request(self, method: str, path_or_url: str, headers: Mapping[str, str], body: bytes | None = None) -> Request:
        """A request for something below the root of the standard API, or for a whole URL of the configured host.

        Raises:
            ConfigurationError: The URL belongs to another host; the access token stays here.
        """
        if path_or_url.startswith(("https://", "http://")):
            url, target = path_or_url, self._target(path_or_url)
        else:
            url, target = f"{self._root}/{path_or_url.lstrip('/')}", RequestTarget.of(path_or_url)
        return Request(method, url, {**self._fields, **headers}, body, self._settings.timeout_seconds, target)

    def _target(self, url: str) -> RequestTarget:
        settings = self._settings
        if origin(url) != origin(self._root):
            raise ConfigurationError(f"{url} does not belong to {self._root}, and the access token goes nowhere else.")
        if url.startswith(f"{self._root}/"):
            return RequestTarget.of(url[len(self._root) :])
        if url.startswith(f"{settings.web_services_root}/"):
            return RequestTarget.of(url[len(settings.web_services_root) :], WEB_SERVICES)
        if url.startswith(api := f"{settings.environment_root}/api/"):
            *route, path = url[len(api) :].split("/", 3)
            return RequestTarget.of(path, "/".join(route) or STANDARD)
        return RequestTarget.of(url[len(settings.host_root) :], None)

    # --- sending ------------------------------------------------------------------------------------------------------

    def retries(self) -> Retries:
        """The repeats of one request, or of several that are one to the caller."""
        return Retries(self._patience, self._clock, self._random)

    def pauses(self) -> Iterator[float]:
        """Seconds before each repeat, without an end."""
        return self._patience.pauses()

    def clock(self) -> float:
        """Seconds that only grow."""
        return self._clock()

    def send(
        self,
        request: Request,
        intent: Intent,
        read: Callable[[Response], T],
        *,
        weight: int = 1,
        instead: Callable[[DynamicsError], Request | None] = lambda _: None,
        gives_up: Callable[[DynamicsError], bool] = lambda _: False,
        is_due: Callable[[DynamicsError], bool] = lambda _: True,
    ) -> Attempted[T]:
        """Send a request until it succeeds, fails for good, or patience ends.

        Args:
            request: As from `request`.
            intent: What happens if it is done twice.
            read: Makes of a successful response what is wanted; raises `UnexpectedAnswer` when it holds something else.
            weight: How many requests it counts for.
            instead: After an error, another request to go on with at once, such as one for a smaller page; None to
                repeat this one where that helps.
            gives_up: Whether whoever sends it knows something better after an error than the same request once more.
            is_due: Whether it is still to be done behind a refusal, asked before it is sent once more: somebody on the
                way may have refused what the service has done.
        """
        retries = Retries(self._patience, self._clock, self._random)
        in_doubt = refused = False
        while True:
            began = self._clock()
            try:
                response = self._once(request, weight, renews=not refused, is_due=is_due)
                if self._read_intent.answered(request):
                    continue
                return Attempted(self._read(request, response, read))
            except DynamicsError as raised:
                error = raised
            if self._read_intent.gives_up(request, error):
                continue
            in_doubt = in_doubt or (error.may_have_happened and intent is not Intent.READ)
            smaller = instead(error)
            if smaller is not None:
                request, retries = smaller, self.retries()
                continue
            long = self._reached or isinstance(error, ServiceError)
            wait = None if gives_up(error) else retries.wait(error, began, intent, long=long)
            if wait is None:
                return self._ended(request, error, read, in_doubt=in_doubt)
            # A token was renewed for the first refusal, so another one would not help.
            refused = refused or isinstance(error, Unauthorized)
            self.rest(error, wait)
            if not is_due(error):
                return Attempted(None, overtaken(error), may_have_happened=True)

    def another_token(self, refused: str) -> str:
        """The token to go on with after a 401.

        One that nothing can replace is kept where the environment still lets it in: then the 401 is about what was
        asked for.

        Raises:
            SignInError: There is no other, and the refused one has ended.
            DynamicsError: The token endpoint could not be reached.
        """
        if self._admitted and not self.sign_in.can_renew and self._is_let_in(refused):
            return refused
        log.info("The service refused the access token; it is renewed.")
        return self.sign_in.token(rejected=refused)

    def _is_let_in(self, token: str) -> bool:
        """Whether the environment lists its companies to a token, as far as it answers."""
        try:
            return self._transmit(self.request("GET", LISTING, {}), token, 1).status != UNAUTHORIZED
        except DynamicsError as error:
            log.info("It is not known whether the access token has expired: %s", error.message)
            return True

    def rest(self, error: DynamicsError, seconds: float) -> None:
        """Wait because of an error; being throttled concerns every thread."""
        if isinstance(error, TooManyRequests):
            self._throttle.pause(seconds)
        else:
            self._sleep(seconds)

    def _ended(
        self, request: Request, error: DynamicsError, read: Callable[[Response], T], *, in_doubt: bool
    ) -> Attempted[T]:
        """The last word on a request that failed: what earlier attempts may have done colours how an error is read."""
        if request.method == "DELETE" and in_doubt and isinstance(error, GONE):
            log.info("%s: it is gone, because an earlier attempt removed it.", request)
            return Attempted(read(Response(204)))
        # A refusal says that nothing was done, unless it may be the trace of what an earlier attempt did.
        refused = isinstance(error, ServiceError) and not error.repeatable and not isinstance(error, RecordChanged)
        in_doubt = in_doubt and not refused
        if isinstance(error, Unauthorized):
            target = request.target or RequestTarget.of("")
            seen = self.seen_of(target, error)
            error = seen if isinstance(seen, SignInError) else believed(request.method, target, error, seen)
        asked = getattr(error, "retry_after_seconds", None)
        if asked is not None and asked > self._patience.long_seconds:
            minutes = f"{self._patience.long_seconds / 60:g} minutes"
            error = error.replacing(
                remedy=f"It asks for a longer wait than the {minutes} of a run; run this again later."
            )
        if error.may_have_happened != in_doubt:
            error = error.replacing(may_have_happened=in_doubt)
        return Attempted(None, error, in_doubt)

    def _once(
        self, request: Request, weight: int, *, renews: bool, is_due: Callable[[DynamicsError], bool] = lambda _: True
    ) -> Response:
        """One attempt, with another token at once if the first is refused and another one may help.

        Raises:
            SignInError: The environment accepts no token of this sign-in.
            DynamicsError: Every status from 300 on, and every failure to get a response.
        """
        token = self.sign_in.token()
        response = self._transmit(request, token, weight)
        if response.status == UNAUTHORIZED and renews:
            token = self.another_token(token)
            if not is_due(refusal := self._judged(request, response)):
                raise overtaken(refusal)
            response = self._transmit(request, token, weight)
        return self._accepted(request, response)

    def _accepted(self, request: Request, response: Response) -> Response:
        """A response that is a success.

        Raises:
            DynamicsError: Every status from 300 on.
        """
        if response.status < BAD_STATUS:
            # Listing the environments proves nothing: the app has to be known in each of them.
            self._admitted = self._admitted or (request.target is not None and request.target.route is not None)
            return response
        raise self._judged(request, response)

    def _transmit(self, request: Request, token: str, weight: int) -> Response:
        fields = {**self._read_intent.fields(request), **request.headers, "Authorization": f"Bearer {token}"}
        signed = dataclasses.replace(request, headers=fields)
        waited = self._throttle.enter(weight)
        began = self._clock()
        try:
            response = self._transport(signed)
        except DynamicsError:
            self._report(request, None, self._clock() - began, waited, 0)
            raise
        finally:
            self._throttle.leave()
        self._reached = True
        self._date = response.headers.get("Date") or self._date
        self._report(request, response.status, response.seconds, waited, len(response.body) + response.sunk)
        return response

    def _read(self, request: Request, response: Response, read: Callable[[Response], T]) -> T:
        try:
            return read(response)
        except UnexpectedAnswer as error:
            raise unusable(request, response, error) from error

    def _report(self, request: Request, status: int | None, seconds: float, waited: float, length: int) -> None:
        log.debug("%s %s: %s in %.3f seconds", request.method, request.url, status or "no response", seconds)
        if self._on_request is not None:
            self._on_request(RequestSummary(request.method, request.url, status, seconds, waited, length))

    # --- what refusals mean -------------------------------------------------------------------------------------------

    def _judged(self, request: Request, response: Response) -> DynamicsError:
        details = error_details(response.body, response.headers)
        target = request.target or RequestTarget.of("")
        error = judge(request.method, target, response.status, details)
        if isinstance(error, EnvironmentNotFound):
            return error.replacing(message=(said := self._no_environment()), problems=(said,))
        if isinstance(error, Unauthorized) and not self._admitted:
            return self._not_admitted(error)
        return error

    def seen_of(self, target: RequestTarget, error: Unauthorized) -> Scope | SignInError:
        """How far a 401 that stays spreads: a set that may not be read says nothing about the others of its company.

        It is about what was asked for only where the environment lets the same token in. That an earlier one was let in
        says nothing: what came in its place may be of another tenant, or have been taken back.

        Args:
            target: What was refused.
            error: The refusal.

        Returns:
            How far it spreads; an error where it is about who asks.
        """
        if target.company is None and target.route == STANDARD and target.set in WANTED_BY_ALL:
            return "run"
        try:
            token = self.sign_in.token()
            self._probed(LISTING, token)
            if target.company is None or target.route == WEB_SERVICES:
                return "stream"  # companies of web services go by name, so there is nothing to compare with
        except Unauthorized:
            return self._not_admitted(error)
        except SignInError as ended:
            return ended
        except DynamicsError as unknown:
            log.info("It is not known whether the access token is still accepted: %s", unknown.message)
            return "stream"
        return self._company_scope(target.company, token)

    def _company_scope(self, company: str, token: str) -> Scope:
        """Whether a company refuses everything to a token that the environment lets in."""
        try:
            self._probed(f"companies({company})/companyInformation?$select=id", token)
        except (Unauthorized, Forbidden, CompanyNotFound):
            return "company"
        except DynamicsError as error:
            log.info("It is not known whether the rest of the company can be read: %s", error.message)
        return "stream"

    def _probed(self, path: str, token: str) -> None:
        """Ask for something once, with this token.

        Raises:
            DynamicsError: It is refused, or there is no response.
        """
        request = self.request("GET", path, {})
        self._accepted(request, self._transmit(request, token, 1))

    def absence(self) -> DynamicsError | None:
        """Why the environment does not list its companies right now, asked once; None when it does."""
        try:
            self._once(self.request("GET", LISTING, {}), 1, renews=False)
        except DynamicsError as error:
            return error
        return None

    def _not_admitted(self, error: Unauthorized) -> SignInError:
        return SignInError(
            f'The environment "{self._settings.environment_name}" does not accept this sign-in, even with a new token: '
            f"{error.text or error.status}",
            code=error.code,
            who=SERVICE_ADMINISTRATOR,
            remedy=self._admission(),
            correlation_id=error.correlation_id,
            request_id=error.request_id,
        )

    def _admission(self) -> str:
        """What lets this sign-in into the environment."""
        settings = self._settings
        if settings.refresh_token or settings.access_token:
            return f'Give the user who signed in a licence, and add the user to "{settings.environment_name}".'
        app = settings.client_id or "the app"
        return (
            f'Open the page "Microsoft Entra Applications" in "{settings.environment_name}", add {app}, set its state '
            "to Enabled, give it permission sets such as D365 BASIC, and grant consent."
        )

    def _no_environment(self) -> str:
        settings = self._settings
        tenant = settings.environment_tenant or settings.tenant_id
        return (
            f'There is no environment "{settings.environment_name}" in '
            f"{f'tenant {tenant}' if tenant else 'the tenant of this sign-in'}: check environment_name"
            f"{' and tenant_id' if settings.tenant_id else ''}; `dynamics-bc environments` lists them, and so does the "
            "admin center."
        )


def overtaken(error: DynamicsError) -> RecordChanged:
    """What a refusal is of what is not due any more: it may be the request itself that has done it."""
    return RecordChanged(
        f"{error.sentence} What it is about is not as it was looked at any more, so it is not sent again: it may have "
        "been carried out.",
        status=getattr(error, "status", 0),
        code=getattr(error, "code", ""),
        may_have_happened=True,
        correlation_id=error.correlation_id,
        request_id=error.request_id,
    )
