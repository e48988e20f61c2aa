"""Which token signs the next request, and where does a new one come from?

The order: the given access token while it is valid; inside a HotGlue job, HotGlue's token service; the refresh token;
client credentials. One token serves all threads. It is renewed before it ends, and once when the service refuses it;
while one thread renews, the others wait for what it gets.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dynamics_bc_client.errors import (
    CONFIG_KEEPER,
    ConfigurationError,
    ConnectionLost,
    DynamicsError,
    RequestTimedOut,
    SignInError,
)
from dynamics_bc_client.retry import Patience, Retries
from dynamics_bc_client.token_requests import (
    Tokens,
    client_credentials_request,
    hotglue_request,
    refresh_request,
    to_tokens,
)
from dynamics_bc_client.token_storage import TokenStorage

if TYPE_CHECKING:
    from collections.abc import Callable

    from dynamics_bc_client.settings import ConnectionSettings, Secret
    from dynamics_bc_client.transport import Request, Transport

log = logging.getLogger(__name__)

TOKEN_PATIENCE = Patience(long_seconds=120.0)
UNREACHED = (ConnectionLost, RequestTimedOut)


class SignIn:
    """The tokens of one client; may be asked by several threads at once.

    Args:
        settings: What there is to sign in with.
        transport: Sends requests to the token endpoint.
        clock: Seconds that only grow.
        now: Seconds since 1970.
        sleep: Waits a number of seconds.
        patience: How long a token request is repeated.
        random: A number from 0 to below 1.
    """

    def __init__(
        self,
        settings: ConnectionSettings,
        transport: Transport,
        *,
        clock: Callable[[], float],
        now: Callable[[], float],
        sleep: Callable[[float], None],
        random: Callable[[], float],
        patience: Patience = TOKEN_PATIENCE,
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._clock = clock
        self._now = now
        self._sleep = sleep
        self._random = random
        self._patience = patience
        self._storage = TokenStorage(settings)
        self._lock = threading.Lock()
        self._tokens: Tokens | None = None
        self._failure: SignInError | None = None

    def token(self, *, rejected: str | None = None) -> str:
        """An access token that is valid as far as anybody knows.

        Args:
            rejected: The token that the service has just refused: another one is wanted, unless another thread got
                one already.

        Raises:
            SignInError: There is no way to get one. Once it was refused, later calls fail without asking again.
            ConfigurationError: The store cannot be read.
            DynamicsError: The token endpoint could not be reached.
        """
        with self._lock:
            if self._failure is not None:
                raise self._failure.replacing()
            if self._tokens is None:
                self._tokens = self._first()
            if self._tokens is None or not self._good(self._tokens, rejected):
                self._tokens = self._renewed_once(self._tokens, rejected)
            return self._tokens.access_token.reveal()

    @property
    def can_renew(self) -> bool:
        """Whether there is anything to get another token with."""
        settings, tokens = self._settings, self._tokens
        has_refresh_token = settings.refresh_token or (tokens is not None and tokens.refresh_token)
        return bool(settings.hotglue or has_refresh_token or self._is_app)

    @property
    def _is_app(self) -> bool:
        return bool(self._settings.client_id and self._settings.client_secret and self._settings.tenant_id)

    def renew(self) -> Tokens:
        """Get new tokens whether or not the old ones are good, and keep them; for a command that is there to do that.

        Raises:
            SignInError: There is no way to get them.
            DynamicsError: The token endpoint could not be reached.
        """
        with self._lock:
            self._tokens = self._renewed(self._tokens or self._first())
            self._storage.keep_everywhere(self._tokens)
            return self._tokens

    def _good(self, tokens: Tokens, rejected: str | None) -> bool:
        return tokens.usable(self._now()) and (rejected is None or tokens.access_token.reveal() != rejected)

    def _first(self) -> Tokens | None:
        """The tokens to begin with: those kept by an earlier run, unless only those of the config are still good."""
        kept, given = self._storage.load(self._now()), self._given()
        if kept is None:
            return given
        if given is None or kept.usable(self._now()) or not given.usable(self._now()):
            return kept
        # The refresh token that was kept is the newer one: the configured one is what it came from.
        return dataclasses.replace(given, refresh_token=kept.refresh_token)

    def _given(self) -> Tokens | None:
        """The tokens of the config."""
        settings, now = self._settings, self._now()
        if settings.access_token is None:
            return None
        return Tokens.lasting(settings.access_token, settings.access_token_expires_at(now), now, settings.refresh_token)

    def _renewed_once(self, tokens: Tokens | None, rejected: str | None) -> Tokens:
        try:
            with self._storage.exclusively():
                # Another run may have renewed what we share while this one waited its turn.
                kept = self._storage.load(self._now())
                if kept is not None and self._good(kept, rejected):
                    return kept
                return self._renewed(kept or tokens)
        except SignInError as error:
            self._failure = error
            raise
        except ConfigurationError:
            raise
        except UNREACHED as error:
            # Nobody refused anything: this is about the network, and the requests have had their repeats.
            hosts = " or ".join(dict.fromkeys(filter(None, (urlsplit(url).hostname for url in self._token_urls()))))
            raise DynamicsError(
                f"The sign-in host {hosts} cannot be reached, so there is no access token: {error.message}",
                who=error.who,
                remedy=error.remedy,
            ) from error
        except DynamicsError as error:
            # As it is, it would look like the failure of the request that wanted the token, which was not even sent.
            raise SignInError(
                f"There is no access token: {error.message}",
                who=error.who,
                remedy=error.remedy,
                correlation_id=error.correlation_id,
                request_id=error.request_id,
            ) from error

    def _token_urls(self) -> tuple[str, ...]:
        hotglue = self._settings.hotglue
        return (self._settings.token_url,) if hotglue is None else (hotglue.token_url, self._settings.token_url)

    def _renewed(self, tokens: Tokens | None) -> Tokens:
        """New tokens from the first source there is."""
        settings = self._settings
        refresh_token = (tokens.refresh_token if tokens else None) or settings.refresh_token
        if settings.hotglue is not None:
            try:
                return self._ask(hotglue_request(settings), by=f"at {settings.hotglue.token_url.partition('?')[0]}")
            except DynamicsError as error:
                if refresh_token is None:
                    raise
                log.warning("HotGlue gave no access token, so the refresh token is used: %s", error.message)
        if refresh_token is not None:
            return self._refreshed(refresh_token)
        if self._is_app:
            return self._ask(client_credentials_request(settings), by=f"as the app {settings.client_id}")
        raise SignInError(
            "The access token has expired or is not accepted, and there is nothing to get another one with.",
            who=CONFIG_KEEPER,
            remedy="Set refresh_token, or client_id, client_secret and tenant_id.",
        )

    def _refreshed(self, refresh_token: Secret) -> Tokens:
        tokens = self._ask(
            refresh_request(self._settings, refresh_token), by="with the refresh token", previous=refresh_token
        )
        self._storage.keep(tokens, rotated=tokens.refresh_token != refresh_token)
        return tokens

    def _ask(self, request: Request, *, by: str, previous: Secret | None = None) -> Tokens:
        """Send a token request; a response that was lost does no harm, so it is repeated like a read."""
        retries = Retries(self._patience, self._clock, self._random)
        while True:
            began = self._clock()
            try:
                return to_tokens(self._transport(request), self._settings, by=by, now=self._now(), previous=previous)
            except DynamicsError as error:
                wait = retries.wait(error, began, long=not isinstance(error, UNREACHED))
                if wait is None:
                    raise
            self._sleep(wait)
