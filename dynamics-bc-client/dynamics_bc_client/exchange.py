"""How is one request carried through: signed in, throttled, repeated where that helps and is safe?"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from dynamics_bc_client import answers
from dynamics_bc_client.errors import (
    CompanyNotFound,
    ConfigurationError,
    DynamicsError,
    Forbidden,
    RecordChanged,
    RecordNotFound,
    ResourceNotFound,
    ServiceError,
    SignInError,
    TooManyRequests,
    Unauthorized,
)
from dynamics_bc_client.odata.urls import origin
from dynamics_bc_client.retry import Intent, Patience, may_have_happened, may_repeat, repeat
from dynamics_bc_client.transport import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dynamics_bc_client.auth import SignIn
    from dynamics_bc_client.errors import Scope
    from dynamics_bc_client.settings import ConnectionSettings
    from dynamics_bc_client.throttle import Throttle
    from dynamics_bc_client.transport import Transport

log = logging.getLogger(__name__)

T = TypeVar("T")
BAD_STATUS = 300
COMPANY = re.compile(r"[^?]*/companies\([^/?]*\)(?=/)")
REFUSALS_DOUBTED = 2
"""How often a 401 is asked again: servers that hear late of a permission answer with one, and the next does not."""


@dataclass(frozen=True, slots=True)
class RequestSummary:
    """One request that was sent, for metrics and progress.

    Attributes:
        method: HTTP method.
        url: Whole URL.
        status: HTTP status; None when no answer came.
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
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._sign_in = sign_in
        self._throttle = throttle
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._on_request = on_request
        self._patience = patience
        # Set by the first success: from then on a 401 is about what was asked for, not about who asks.
        self._admitted = False

    def send(
        self,
        method: str,
        url: str,
        *,
        intent: Intent,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        weight: int = 1,
        repeatable: Callable[[DynamicsError], bool] = lambda _: True,
    ) -> Response:
        """Send a request until it succeeds, fails for good, or patience ends.

        Args:
            method: HTTP method.
            url: Whole URL of the configured host.
            intent: What happens if it is done twice.
            headers: Further header fields.
            body: As it is to be sent.
            weight: How many requests it counts for.
            repeatable: Has the last word on repeating after an error that would allow it.

        Raises:
            ConfigurationError: The URL belongs to another host; nothing was sent.
            DynamicsError: What came back, or did not.
        """
        if origin(url) != origin(self._settings.api_root):
            raise ConfigurationError(
                f"{url} does not belong to {self._settings.api_root}, and the access token goes nowhere else."
            )
        return _Course(self, self._request(method, url, headers or {}, body), intent, weight, repeatable).run()

    def _request(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Request:
        own = {"User-Agent": self._settings.user_agent, "Accept-Language": self._settings.accept_language}
        return Request(method, url, own | dict(headers), body, self._settings.timeout_seconds)

    def rest(self, error: DynamicsError, seconds: float) -> None:
        """Wait because of an error; being throttled concerns every thread."""
        if isinstance(error, TooManyRequests):
            self._throttle.pause(seconds)
        else:
            self._sleep(seconds)

    def repeat(self, attempt: Callable[[int], T], worth_repeating: Callable[[DynamicsError], bool]) -> T:
        """`retry.repeat` with this client's clock, waits and patience."""
        return repeat(
            attempt,
            worth_repeating=worth_repeating,
            rest=self.rest,
            clock=self._clock,
            random=self._random,
            patience=self._patience,
        )

    def once(self, request: Request, weight: int, *, renews: bool = True) -> Response:
        """One attempt; a token that is refused is renewed, once.

        Raises:
            SignInError: The environment accepts no token of this sign-in.
            Unauthorized: It does, but not for this; repeatable, because now and then that passes.
            DynamicsError: Every other status from 300 on, and every failure to get an answer.
        """
        token = self._sign_in.token()
        response = self._transmit(request, token, weight)
        if response.status == 401 and renews:
            log.info("The service refused the access token; it is renewed.")
            token = self._sign_in.token(rejected=token)
            response = self._transmit(request, token, weight)
        if response.status < BAD_STATUS:
            # Listing the environments proves nothing: the app has to be known in each of them.
            self._admitted = self._admitted or self._is_of_environment(request.url)
            return response
        error = answers.to_error(request.method, request.url, response, self._settings)
        if isinstance(error, Unauthorized):
            error = self.doubted(error)
        raise error

    def token(self, *, rejected: str | None = None) -> str:
        """The token that the next request is signed with; arguments and errors as of `SignIn.token`."""
        return self._sign_in.token(rejected=rejected)

    def _is_of_environment(self, url: str) -> bool:
        settings = self._settings
        roots = (settings.api_root, f"{settings.environment_root}/api", settings.web_services_root)
        return url.startswith(tuple(f"{root}/" for root in roots))

    def _transmit(self, request: Request, token: str, weight: int) -> Response:
        signed = Request(
            request.method,
            request.url,
            {**request.headers, "Authorization": f"Bearer {token}"},
            request.body,
            request.timeout_seconds,
        )
        with self._throttle.slot(weight) as waited:
            began = self._clock()
            try:
                response = self._transport(signed)
            except DynamicsError:
                self._report(request, None, self._clock() - began, waited, 0)
                raise
        self._report(request, response.status, response.seconds, waited, len(response.body))
        return response

    def _report(self, request: Request, status: int | None, seconds: float, waited: float, length: int) -> None:
        log.debug("%s %s: %s in %.3f seconds", request.method, request.url, status or "no answer", seconds)
        if self._on_request is not None:
            self._on_request(RequestSummary(request.method, request.url, status, seconds, waited, length))

    def doubted(self, error: Unauthorized) -> DynamicsError:
        """What a 401 is that a new token did not cure, and that may be gone in a moment."""
        if not self._admitted:
            return self._not_admitted(error)
        error.repeatable = True
        return error

    def refused(self, error: Unauthorized) -> Forbidden:
        """What a 401 is that neither a new token nor waiting cured: of the set, or of its whole company."""
        return Forbidden(
            f"{error.method} {error.url} was refused (401 {error.code}) although other requests were not: "
            f"give this user or app a permission set for it. The service says: {error.text}",
            status=error.status,
            code=error.code,
            text=error.text,
            correlation_id=error.correlation_id,
            method=error.method,
            url=error.url,
            scope=self._refused_scope(error),
        )

    def _refused_scope(self, error: Unauthorized) -> Scope:
        """How far a refusal spreads: a set that may not be read says nothing about the others of its company."""
        company = COMPANY.match(error.url)
        if company is None:
            return "run"
        probe = f"{company.group()}/companyInformation"
        try:
            self.once(self._request("GET", f"{probe}?$select=id", {}, None), 1, renews=False)
        except (Unauthorized, Forbidden, CompanyNotFound):
            return "company"
        except DynamicsError as another:
            log.info("Whether the rest of the company can be read is not known: %s", another.message)
        return "stream" if error.method == "GET" else "record"

    def _not_admitted(self, error: Unauthorized) -> SignInError:
        who = self._settings.client_id or "the app of the access token"
        return SignInError(
            f'The environment "{self._settings.environment_name}" does not accept this sign-in, even with a new token: '
            f'an administrator adds {who} on the page "Microsoft Entra Applications" of that environment, enabled and '
            "with permission sets, or gives the signed-in user a licence there. "
            f"The service says: {error.text or error.status}",
            code=error.code,
        )


class _Course:
    """One request's way through its attempts: what earlier ones may have done colours how a later answer is read."""

    def __init__(
        self,
        exchange: Exchange,
        request: Request,
        intent: Intent,
        weight: int,
        repeatable: Callable[[DynamicsError], bool],
    ) -> None:
        self._exchange = exchange
        self._request = request
        self._intent = intent
        self._weight = weight
        self._repeatable = repeatable
        self._in_doubt = False
        self._refusals = 0

    def run(self) -> Response:
        try:
            return self._exchange.repeat(self._attempt, self._worth_repeating)
        except Unauthorized as error:
            raise self._exchange.refused(error) from error
        except (RecordNotFound, ResourceNotFound) as error:
            if self._request.method == "DELETE" and self._in_doubt:
                log.info("%s is gone: an earlier attempt removed it.", error.url)
                return Response(204)
            raise

    def _attempt(self, _: int) -> Response:
        try:
            return self._exchange.once(self._request, self._weight, renews=self._refusals == 0)
        except DynamicsError as error:
            self._refusals += isinstance(error, Unauthorized)
            if self._intent is not Intent.READ:
                self._in_doubt = self._in_doubt or may_have_happened(error)
                error.outcome_unknown = self._outcome_unknown(error)
            raise

    def _worth_repeating(self, error: DynamicsError) -> bool:
        if isinstance(error, Unauthorized) and self._refusals > REFUSALS_DOUBTED:
            return False
        return may_repeat(error, self._intent) and self._repeatable(error)

    def _outcome_unknown(self, error: DynamicsError) -> bool:
        """Whether the write may have happened: by this attempt, or by an earlier one whose trace this may be."""
        if isinstance(error, ServiceError) and not error.repeatable and not isinstance(error, RecordChanged):
            return False
        return self._in_doubt
