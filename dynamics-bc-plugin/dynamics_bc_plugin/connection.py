"""Which settings connect a program to Business Central, and what does a config say for them?"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from dynamics_bc_client.limits import CONCURRENT_REQUESTS_PER_USER, REQUESTS_PER_WINDOW
from dynamics_bc_client.settings import (
    API_URL,
    AUTH_URL,
    DEFAULT_SCOPE,
    DEFAULT_USER_AGENT,
    ConnectionSettings,
    HotglueJob,
    Secret,
)
from dynamics_bc_plugin import values
from dynamics_bc_plugin.outgoing import hide_secrets_of
from dynamics_bc_plugin.settings import Setting, SettingFault, read_settings, refuse
from dynamics_bc_plugin.values import BOOLEAN, INTEGER, NUMBER, STRING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PluginKind = Literal["tap", "target"]


def read_connection(
    config: Mapping[str, Any],
    *,
    config_path: Path | None = None,
    kind: PluginKind | None = None,
    environ: Mapping[str, str] | None = None,
    sign_in_required: bool = True,
) -> ConnectionSettings:
    """Read the settings of the connection out of a config; unknown names are somebody else's and no error.

    Args:
        config: The config, with our names or HotGlue's.
        config_path: The one file it came from, if it came from one.
        kind: Which plugin asks; says whether a HotGlue job calls us by `TAP` or by `TARGET`.
        environ: Environment variables; those of this process when None.
        sign_in_required: Whether there must be something to sign in with; a command that is there to get it does not
            ask for it.

    Raises:
        ConfigurationError: With one sentence for each fault.
    """
    hide_secrets_of(config)
    problems: list[str] = []
    found = read_settings(CONNECTION, config, problems)
    if "environment_name" in found:
        found["environment_tenant"], found["environment_name"] = found["environment_name"]
        if found["environment_tenant"]:
            found.setdefault("tenant_id", found["environment_tenant"])
    settings = replace(ConnectionSettings(config_path=config_path), **found)
    if settings.refresh_token_via_hg_api:
        variables = os.environ if environ is None else environ
        settings = replace(settings, hotglue=_hotglue_job(variables, kind, problems))
    # What signs in is judged only when each value on its own is sound: else the same fault is named twice.
    if sign_in_required and not problems:
        problems.extend(_sign_in_problems(settings))
    refuse(problems)
    return settings


def _environment(value: Any) -> tuple[str | None, str]:
    """The tenant, if there is one, and the environment: `Production`, `Production?...`, `tenant/Production`."""
    text = values.unquoted(value).partition("?")[0].strip("/")
    tenant, _, name = text.rpartition("/")
    if not name or "/" in tenant:
        raise SettingFault(f'must be the name of an environment, such as Production, not "{value}".')
    return tenant or None, name


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
            "Nothing to sign in with: set client_id, client_secret and tenant_id to sign in as an app. To sign in as a "
            "person, set client_id, tenant_id and store_path and run `dynamics-bc login`. A refresh_token with its "
            "client_id, or an access_token, will do too."
        )
    elif missing == ["client_secret"] and settings.store_path is not None:
        yield (
            "Nobody has signed in yet: run `dynamics-bc login` with this config to sign in as a person, or set "
            "client_secret to sign in as an app."
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
        root = values.url(api_url)
    except SettingFault as fault:
        problems.append(f"The environment variable API_URL {fault}")
        return None
    env_id, flow, tenant = (quote(part or "", safe="") for part in path)
    service = f"{root}/{env_id}/{flow}/{tenant}/connectors/{quote(connector, safe='')}/accesstoken"
    return HotglueJob(f"{service}?include_properties=expires_in", Secret(api_key))


CONNECTION: tuple[Setting, ...] = (
    Setting(
        "api_url",
        "API URL",
        "Where Business Central is: scheme and host. Use http only for this machine.",
        STRING,
        values.api_host,
        default=API_URL,
    ),
    Setting(
        "auth_url",
        "Sign-in URL",
        "Where Microsoft Entra is: scheme and host. Use http only for this machine.",
        STRING,
        values.sign_in_host,
        default=AUTH_URL,
    ),
    Setting(
        "full_url",
        "Full URL",
        "The whole root of the API. It replaces host, tenant, environment and route.",
        STRING,
        values.url,
    ),
    Setting(
        "tenant_id",
        "Tenant",
        "GUID or verified domain of the tenant. Signing in as an app needs it.",
        STRING,
        values.identifier,
    ),
    Setting(
        "environment_name",
        "Environment",
        "Name of the environment, in any case.",
        STRING,
        _environment,
        default="Production",
    ),
    Setting(
        "access_token",
        "Access token",
        "Used first, for as long as it is valid.",
        STRING,
        values.secret,
        secret=True,
    ),
    Setting(
        "expires_in",
        "Access token expiry",
        "When the access token expires: seconds since 1970, or seconds from when the config file was written.",
        NUMBER,
        values.seconds,
    ),
    Setting(
        "refresh_token",
        "Refresh token",
        "Used when there is no valid access token. Every use replaces it, so set store_path to keep the new one.",
        STRING,
        values.secret,
        secret=True,
    ),
    Setting("redirect_uri", "Redirect URI", "The URI that the refresh token was issued for.", STRING, values.unquoted),
    Setting(
        "client_id",
        "Client ID",
        "Application (client) ID of the app registration in Entra.",
        STRING,
        values.identifier,
    ),
    Setting(
        "client_secret",
        "Client secret",
        "The secret's value, not its ID. Signs in as an app when there is no token.",
        STRING,
        values.secret,
        secret=True,
    ),
    Setting(
        "scope",
        "Scope",
        f"Scope to request. Default: {DEFAULT_SCOPE}, with offline_access for refresh tokens.",
        STRING,
        values.text,
    ),
    Setting(
        "store_path",
        "Store",
        "Folder for everything that must outlive a run, such as rotated tokens and what was already written.",
        STRING,
        values.folder,
    ),
    Setting(
        "max_concurrent_requests",
        "Concurrent requests",
        "Requests in flight at a time. The service works on five per user.",
        INTEGER,
        values.count(100),
        default=CONCURRENT_REQUESTS_PER_USER,
    ),
    Setting(
        "max_requests_per_window",
        "Requests per five minutes",
        "Requests in any five minutes. The service accepts 6,000 per user.",
        INTEGER,
        values.count(1_000_000_000),
        default=REQUESTS_PER_WINDOW,
    ),
    Setting(
        "timeout_seconds",
        "Timeout",
        "How long one request may take, in seconds. After a timeout, smaller pages are requested.",
        NUMBER,
        values.seconds,
        default=600,
    ),
    Setting(
        "user_agent",
        "User agent",
        "User-Agent header of every request.",
        STRING,
        values.text,
        default=DEFAULT_USER_AGENT,
    ),
    Setting(
        "ca_bundle",
        "CA bundle",
        "File of certificates to trust, for networks whose proxy re-signs traffic.",
        STRING,
        values.existing_file,
    ),
    Setting("accept_language", "Language", "Language of the service's messages.", STRING, values.text, default="en-US"),
    Setting(
        "refresh_token_via_hg_api",
        "Tokens from HotGlue",
        "In a HotGlue job, get access tokens from HotGlue.",
        BOOLEAN,
        values.truth,
        default=True,
        aliases=("_refresh_token_via_hg_api",),
    ),
)
"""The settings that both plugins have."""
