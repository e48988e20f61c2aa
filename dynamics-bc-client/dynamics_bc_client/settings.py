"""How is one environment of Business Central reached and signed in to?

These are values: what a config says is read by the programs that have one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from dynamics_bc_client.limits import CONCURRENT_REQUESTS_PER_USER, REQUESTS_PER_WINDOW
from dynamics_bc_client.odata.targets import WEB_SERVICES
from dynamics_bc_client.odata.urls import join
from dynamics_bc_client.redaction import OUTGOING
from dynamics_bc_client.token_end import token_end

if TYPE_CHECKING:
    from pathlib import Path

API_URL = "https://api.businesscentral.dynamics.com"
AUTH_URL = "https://login.microsoftonline.com"
DEFAULT_SCOPE = "https://api.businesscentral.dynamics.com/.default"
DEFAULT_USER_AGENT = "dynamics-bc-singer"


class Secret:
    """A text that is shown to nobody by accident: `str` and `repr` hide it, `reveal` returns it.

    From now on it is also taken out of whatever else leaves this process as text, see `redaction`.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text
        OUTGOING.add(text)

    def reveal(self) -> str:
        """The text itself, for the one place that sends it."""
        # What is still used must not be forgotten for those that came after it.
        OUTGOING.add(self._text)
        return self._text

    def __str__(self) -> str:
        return "***"

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str:
        raise TypeError("A secret is not written anywhere.")


@dataclass(frozen=True, slots=True)
class HotglueJob:
    """Where a HotGlue job gets access tokens from: HotGlue keeps the refresh token itself.

    Attributes:
        token_url: The whole URL of its token service for this connector.
        api_key: Sent as `x-api-key`.
    """

    token_url: str
    api_key: Secret


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """How to reach and sign in to one environment; each field is the setting of that name.

    Attributes:
        api_url: Scheme and host of the service.
        auth_url: Scheme and host of Microsoft Entra.
        full_url: A whole API root in place of host, tenant, environment and route; without a trailing slash.
        tenant_id: GUID or verified domain of the tenant.
        environment_name: Name of the environment alone.
        environment_tenant: The tenant that the environment's name carried (`tenant/Production`); it goes into the URL.
        access_token: Used first, while it is valid.
        expires_in: Of the access token, in seconds: a moment since 1970 or a duration, see `access_token_expires_at`.
        refresh_token: Used next.
        redirect_uri: Sent with the refresh token if it was issued for one.
        client_id: Of the app registration.
        client_secret: Of the app registration.
        scope: None for the service's default of the way to sign in.
        store_path: Folder for what must outlive a run.
        max_concurrent_requests: Requests in flight.
        max_requests_per_window: Requests in a sliding five minutes.
        timeout_seconds: For one request, from sending it to the last byte of the answer.
        user_agent: Header `User-Agent`.
        ca_bundle: File with the certificates to trust.
        accept_language: Language of messages, and of regional formatting.
        refresh_token_via_hg_api: Whether a HotGlue job asks HotGlue for access tokens.
        config_path: The one `--config` file, into which rotated tokens are written back.
        hotglue: HotGlue's token service, inside one of its jobs.
    """

    api_url: str = API_URL
    auth_url: str = AUTH_URL
    full_url: str | None = None
    tenant_id: str | None = None
    environment_name: str = "Production"
    environment_tenant: str | None = None
    access_token: Secret | None = None
    expires_in: float | None = None
    refresh_token: Secret | None = None
    redirect_uri: str | None = None
    client_id: str | None = None
    client_secret: Secret | None = None
    scope: str | None = None
    store_path: Path | None = None
    max_concurrent_requests: int = CONCURRENT_REQUESTS_PER_USER
    max_requests_per_window: int = REQUESTS_PER_WINDOW
    timeout_seconds: float = 600.0
    user_agent: str = DEFAULT_USER_AGENT
    ca_bundle: str | None = None
    accept_language: str = "en-US"
    refresh_token_via_hg_api: bool = True
    config_path: Path | None = None
    hotglue: HotglueJob | None = None

    @property
    def api_root(self) -> str:
        """The root of the standard API, without a trailing slash."""
        return self.full_url or f"{self.environment_root}/api/v2.0"

    @property
    def environment_root(self) -> str:
        """What all routes of the environment begin with; with `full_url`, the part of it before `/api/`."""
        if self.full_url:
            return self.full_url.partition("/api/")[0]
        tenant = self.environment_tenant or self.tenant_id
        parts = [
            self.api_url,
            "v2.0",
            *([quote(tenant, safe="")] if tenant else []),
            quote(self.environment_name, safe=""),
        ]
        return "/".join(parts)

    def route_root(self, route: str | None) -> str:
        """The root of another route, `publisher/group/version` or `ODataV4`; of the standard one for None."""
        if route is None:
            return self.api_root
        if route == WEB_SERVICES:
            return self.web_services_root
        return join(self.environment_root, f"api/{quote(route.strip('/'))}")

    @property
    def host_root(self) -> str:
        """Scheme and host that all requests go to."""
        if not self.full_url:
            return self.api_url
        parts = urlsplit(self.full_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def web_services_root(self) -> str:
        """The root of the published web services."""
        return f"{self.environment_root}/ODataV4"

    @property
    def token_url(self) -> str:
        """Where Microsoft Entra gives tokens for this tenant."""
        return f"{self.auth_url}/{quote(self.tenant_id or 'common', safe='')}/oauth2/v2.0/token"

    def access_token_expires_at(self, now: float) -> float | None:
        """When the configured access token ends, in seconds since 1970; None when nobody said.

        Some write the moment, some the duration. A duration counts from when the config file was written, else from
        now.
        """
        try:
            began = self.config_path.stat().st_mtime if self.config_path else now
        except OSError:
            began = now
        return token_end(self.expires_in, counted_from=began)
