"""What does each connection setting look like, and which values does it take?

One table (`_FIELDS`) is the source of the JSON schema that both plugins publish, of the checks, and of the
documentation.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dynamics_bc_client.limits import CONCURRENT_REQUESTS_PER_USER, REQUESTS_PER_WINDOW
from dynamics_bc_client.odata.urls import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

API_URL = "https://api.businesscentral.dynamics.com"
AUTH_URL = "https://login.microsoftonline.com"
DEFAULT_SCOPE = "https://api.businesscentral.dynamics.com/.default"
DEFAULT_USER_AGENT = "dynamics-bc-singer"

ALIASES: Mapping[str, str] = {
    "export_company_id": "company",
    "_refresh_token_via_hg_api": "refresh_token_via_hg_api",
}
"""Names that HotGlue's jobs use, and ours. Names that are equal are not listed."""


class Secret:
    """A text that is shown to nobody by accident: `str` and `repr` hide it, `reveal` gives it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the one place that sends it."""
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


def connection_settings_schema() -> dict[str, Any]:
    """The JSON schema of these settings, which both plugins publish as part of theirs."""
    return {"type": "object", "properties": {each.name: _property_schema(each) for each in _FIELDS}}


def _property_schema(each: _Field) -> dict[str, Any]:
    schema = {**each.schema, "title": each.title, "description": each.description}
    if each.secret:
        # `secret` is the SDK's mark, `writeOnly` JSON schema's own.
        schema |= {"secret": True, "writeOnly": True}
    if each.default is not None:
        schema["default"] = each.default
    return schema


def with_aliases(config: Mapping[str, Any]) -> dict[str, Any]:
    """The config under our names alone. Our own name wins over an alias, unless nothing stands under it."""
    renamed = {name: value for name, value in config.items() if name not in ALIASES}
    for alias, name in ALIASES.items():
        if _is_absent(renamed.get(name)) and not _is_absent(config.get(alias)):
            renamed[name] = config[alias]
    return renamed


def checked(config: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    """The settings that are given and sound, by field.

    Args:
        config: The config under our names.
        problems: Gets one sentence for each value that is not sound.
    """
    values: dict[str, Any] = {}
    for each in _FIELDS:
        given = config.get(each.name)
        if _is_absent(given):
            continue
        try:
            values[each.name] = each.read(given)
        except SettingFault as fault:
            problems.append(f"{each.name} {fault}")
    if "environment_name" in values:
        values["environment_tenant"], values["environment_name"] = values["environment_name"]
        if values["environment_tenant"]:
            values.setdefault("tenant_id", values["environment_tenant"])
    return values


def _is_absent(value: Any) -> bool:
    """Null and blank text both mean that nothing was set: job runners write either."""
    return value is None or (isinstance(value, str) and not value.strip())


class SettingFault(ValueError):  # noqa: N818 - what is wrong with a value
    """What is wrong with one value, said so that "<name> " fits before it. Never quotes a secret."""


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    title: str
    description: str
    schema: dict[str, Any]
    read: Callable[[Any], Any]
    secret: bool = False
    default: Any = None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise SettingFault(f"must be text, not {_kind(value)}.")
    if any(ord(character) < 32 for character in value.strip()):
        raise SettingFault("holds a line break or another control character; write it on one line.")
    return value.strip()


def _secret(value: Any) -> Secret:
    return Secret(_text(value))


def read_url(value: Any) -> str:
    """A URL of a server, without a trailing slash.

    Raises:
        SettingFault: It is none, or would send secrets over a network without encryption.
    """
    text = _text(value).rstrip("/")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise SettingFault(f'is no URL: "{text}".') from None
    if parts.scheme not in {"https", "http"} or not host:
        raise SettingFault(f'must be a whole URL such as {API_URL}, not "{text}".')
    if parts.username is not None or parts.password is not None:
        raise SettingFault("must not carry a user name or a password.")
    if parts.query or parts.fragment:
        raise SettingFault("must not carry a query (?) or a fragment (#).")
    if parts.scheme == "http" and not is_loopback(host):
        raise SettingFault(f'must begin with https://; http is for this machine alone, and "{host}" is another one.')
    return text


def _seconds(value: Any) -> float:
    number = _number(value)
    if not 0 < number < float("inf"):
        raise SettingFault(f"must be a number of seconds above 0, not {value}.")
    return number


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise SettingFault(f"must be a number, not {_kind(value)}.")
    try:
        return float(value)
    except (ValueError, OverflowError):
        raise SettingFault(f'must be a number, not "{value}".') from None


def _count(maximum: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        number = _number(value)
        if not number.is_integer() or not 1 <= number <= maximum:
            raise SettingFault(f"must be a whole number from 1 to {maximum}, not {value}.")
        return int(number)

    return read


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower() == "true"
    raise SettingFault(f"must be true or false, not {value!r}.")


def _file(value: Any) -> str:
    path = Path(_text(value)).expanduser()
    if not path.exists():
        raise SettingFault(f'names a file that is not there: "{path}".')
    return str(path)


def _folder(value: Any) -> Path:
    path = Path(_text(value) if not isinstance(value, Path) else value).expanduser()
    nearest = next(each for each in (path, *path.absolute().parents) if os.path.lexists(each))
    if not nearest.is_dir():
        raise SettingFault(f'must name a folder, and "{nearest}" is a file.')
    # What is not there yet is made, so it is the nearest folder above it that must be one to write to.
    if not _may(nearest, os.W_OK | os.X_OK):
        raise SettingFault(
            f'names the folder "{path}", which cannot be written to; give this user "{nearest}" to write.'
        )
    if nearest == path and not _may(path, os.R_OK):
        raise SettingFault(f'names the folder "{path}", which cannot be read; give this user the right to.')
    return path


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _environment(value: Any) -> tuple[str | None, str]:
    """The tenant, if there is one, and the environment: `Production`, `Production?...`, `tenant/Production`."""
    text = _text(value).partition("?")[0].strip("/")
    tenant, _, name = text.rpartition("/")
    if not name or "/" in tenant:
        raise SettingFault(f'must be the name of an environment, such as Production, not "{value}".')
    return tenant or None, name


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", bool: "true or false", int: "a number", float: "a number", str: "text"}
    return names.get(type(value), type(value).__name__)


_STRING = {"type": ["string", "null"]}
_NUMBER = {"type": ["number", "string", "null"]}
_COUNT = {"type": ["integer", "string", "null"]}
_BOOLEAN = {"type": ["boolean", "string", "null"]}

_FIELDS: tuple[_Field, ...] = (
    _Field(
        "api_url",
        "API URL",
        "Scheme and host of Business Central; http only on this machine.",
        _STRING,
        read_url,
        default=API_URL,
    ),
    _Field(
        "auth_url",
        "Sign-in URL",
        "Scheme and host of Microsoft Entra; http only on this machine.",
        _STRING,
        read_url,
        default=AUTH_URL,
    ),
    _Field(
        "full_url", "Full URL", "A whole API root in place of host, tenant, environment and route.", _STRING, read_url
    ),
    _Field("tenant_id", "Tenant", "GUID or verified domain of the tenant; client credentials need it.", _STRING, _text),
    _Field(
        "environment_name",
        "Environment",
        "Exact name of the environment, in any case.",
        _STRING,
        _environment,
        default="Production",
    ),
    _Field("access_token", "Access token", "Used first, while it is valid.", _STRING, _secret, secret=True),
    _Field(
        "expires_in",
        "Access token's end",
        "A moment in seconds since 1970, or a duration in seconds.",
        _NUMBER,
        _seconds,
    ),
    _Field(
        "refresh_token",
        "Refresh token",
        "Used next. It is replaced at every use: set store_path so that the new one is kept.",
        _STRING,
        _secret,
        secret=True,
    ),
    _Field("redirect_uri", "Redirect URI", "The one the refresh token was issued for.", _STRING, _text),
    _Field("client_id", "Client id", "Application (client) id of the app registration.", _STRING, _text),
    _Field(
        "client_secret",
        "Client secret",
        "The secret's value, not its id. Without any token: client credentials.",
        _STRING,
        _secret,
        secret=True,
    ),
    _Field(
        "scope",
        "Scope",
        f"Scope to ask for; by default {DEFAULT_SCOPE}, with offline_access for refresh tokens.",
        _STRING,
        _text,
    ),
    _Field(
        "store_path", "Store", "One folder for what must outlive a run: tokens, ledger, known keys.", _STRING, _folder
    ),
    _Field(
        "max_concurrent_requests",
        "Requests at once",
        "Requests in flight; the service works on five per user.",
        _COUNT,
        _count(100),
        default=CONCURRENT_REQUESTS_PER_USER,
    ),
    _Field(
        "max_requests_per_window",
        "Requests in five minutes",
        "Requests in a sliding five minutes; the service takes 6,000 per user.",
        _COUNT,
        _count(1_000_000_000),
        default=REQUESTS_PER_WINDOW,
    ),
    _Field(
        "timeout_seconds",
        "Time-out",
        "Seconds for one request; smaller pages are asked for after a time-out.",
        _NUMBER,
        _seconds,
        default=600,
    ),
    _Field(
        "user_agent", "User agent", "How requests introduce themselves.", _STRING, _text, default=DEFAULT_USER_AGENT
    ),
    _Field(
        "ca_bundle", "CA bundle", "File with the certificates to trust, behind a proxy of your own.", _STRING, _file
    ),
    _Field("accept_language", "Language", "Language of the service's messages.", _STRING, _text, default="en-US"),
    _Field(
        "refresh_token_via_hg_api",
        "Tokens from HotGlue",
        "In a HotGlue job, ask HotGlue for access tokens.",
        _BOOLEAN,
        _truth,
        default=True,
    ),
)
