"""Which settings connect to Business Central, and what follows from them?

A check never stops at the first fault: `ConnectionSettings.from_config` names all of them in one error.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlsplit

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.limits import CONCURRENT_REQUESTS_PER_USER, REQUESTS_PER_WINDOW
from dynamics_bc_client.odata.urls import join
from dynamics_bc_client.setting_fields import (
    ALIASES,
    API_URL,
    AUTH_URL,
    DEFAULT_SCOPE,
    DEFAULT_USER_AGENT,
    Secret,
    SettingFault,
    checked,
    connection_settings_schema,
    read_url,
    with_aliases,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = [
    "ALIASES",
    "DEFAULT_SCOPE",
    "ConnectionSettings",
    "HotglueJob",
    "Secret",
    "connection_settings_schema",
    "with_aliases",
]

# Durations are hours or days, epochs are beyond this: the year 2001 as an epoch, 31 years as a duration.
FIRST_EPOCH = 1_000_000_000.0

PluginKind = Literal["tap", "target"]


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

    @classmethod
    def from_config(
        cls,
        config: Mapping[str, Any],
        *,
        config_path: Path | None = None,
        kind: PluginKind | None = None,
        environ: Mapping[str, str] | None = None,
        sign_in_required: bool = True,
    ) -> ConnectionSettings:
        """Read the settings out of a plugin's config; unknown keys are somebody else's and no error.

        Args:
            config: The config, with our names or HotGlue's.
            config_path: The one file it came from, if it came from one.
            kind: Which plugin asks; says whether a HotGlue job calls us by `TAP` or by `TARGET`.
            environ: Environment variables; those of this process when None.
            sign_in_required: Whether there must be something to sign in with; a command that is there to get it does
                not ask for it.

        Raises:
            ConfigurationError: With one sentence for each fault.
        """
        problems: list[str] = []
        values = checked(with_aliases(config), problems)
        settings = replace(cls(config_path=config_path), **values)
        if settings.refresh_token_via_hg_api:
            variables = os.environ if environ is None else environ
            settings = replace(settings, hotglue=_hotglue_job(variables, kind, problems))
        # What signs in is judged only when each value on its own is sound: else the same fault is named twice.
        if sign_in_required and not problems:
            problems.extend(_sign_in_problems(settings))
        if problems:
            raise ConfigurationError(" ".join(problems), problems=tuple(problems))
        return settings

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
        """The root of another route, `publisher/group/version`; of the standard one for None."""
        return self.api_root if route is None else join(self.environment_root, f"api/{route.strip('/')}")

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
        if self.expires_in is None or self.expires_in >= FIRST_EPOCH:
            return self.expires_in
        try:
            began = self.config_path.stat().st_mtime if self.config_path else now
        except OSError:
            began = now
        return began + self.expires_in


# --- what signs in ----------------------------------------------------------------------------------------------------


def _sign_in_problems(settings: ConnectionSettings) -> Iterator[str]:
    has_token = settings.access_token or settings.hotglue or _stored_token_exists(settings)
    if settings.refresh_token and not settings.client_id:
        yield "client_id is missing: a refresh token works only for the app it was issued to."
    if has_token or settings.refresh_token:
        return
    missing = [name for name in ("client_id", "client_secret", "tenant_id") if not getattr(settings, name)]
    if len(missing) == 3 or (len(missing) == 2 and settings.tenant_id):
        yield (
            "Nothing to sign in with: set client_id, client_secret and tenant_id, or client_id and refresh_token, "
            "or access_token."
        )
    elif missing:
        names = " and ".join(missing)
        verb = "is" if len(missing) == 1 else "are"
        yield f"{names} {verb} missing: signing in as an app needs client_id, client_secret and tenant_id."
    elif settings.tenant_id in {"common", "organizations", "consumers"}:
        yield f'tenant_id must be the tenant\'s own GUID or domain to sign in as an app, not "{settings.tenant_id}".'


def _stored_token_exists(settings: ConnectionSettings) -> bool:
    return settings.store_path is not None and (settings.store_path / "token.json").is_file()


def _hotglue_job(environ: Mapping[str, str], kind: PluginKind | None, problems: list[str]) -> HotglueJob | None:
    """HotGlue's token service, if this process runs in one of its jobs."""
    names = {"tap": ("TAP",), "target": ("TARGET",), None: ("TAP", "TARGET")}[kind]
    connector = next((environ[name] for name in names if environ.get(name)), None)
    api_url, api_key = environ.get("API_URL"), environ.get("API_KEY")
    path = [environ.get(name) for name in ("ENV_ID", "FLOW", "TENANT")]
    if not (api_url and api_key and connector) or not all(path):
        return None
    try:
        root = read_url(api_url)
    except SettingFault as fault:
        problems.append(f"The environment variable API_URL {fault}")
        return None
    env_id, flow, tenant = (quote(part or "", safe="") for part in path)
    service = f"{root}/{env_id}/{flow}/{tenant}/connectors/{quote(connector, safe='')}/accesstoken"
    return HotglueJob(f"{service}?include_properties=expires_in", Secret(api_key))
