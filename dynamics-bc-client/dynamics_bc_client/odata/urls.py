"""Which URL belongs to a company, an entity set, a record, and to which root and host does a URL belong?"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from dynamics_bc_client.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_PORTS = {"http": 80, "https": 443}
GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")

# Below the root of an API of Microsoft's own, of any other, or of the web services.
_ROOT = re.compile(r"(?P<root>https?://[^?]*?/(?:api/(?:v[\d.]+|beta)|api/[^/?]+/[^/?]+/[^/?]+|ODataV4))/(?P<path>.+)")

_COMPANY = re.compile(rf"/(?:companies|Company)\((?:Id=)?({GUID.pattern})\)", re.IGNORECASE)
_ENVIRONMENT = re.compile(r"https?://[^/]+/v2\.0/(?:[^/]+/)?([^/]+)/(?:api|ODataV4)/", re.IGNORECASE)


def company_path(company_id: str, entity_set: str = "", id: str | None = None) -> str:  # noqa: A002 - the service's own name
    """The path of a company, of one of its entity sets, or of one record.

    Args:
        company_id: GUID of the company.
        entity_set: Such as `customers`, or with a parent `journals(<guid>)/journalLines`; empty for the company itself.
        id: The record's key: a GUID, or text, which is quoted.

    Returns:
        A path below the API root, such as `companies(<guid>)/customers(<guid>)`.
    """
    path = f"companies({company_id})"
    if entity_set:
        path += f"/{entity_set}"
    return path if id is None else record_path(path, id)


def web_service_path(company_name: str, service: str = "") -> str:
    """The path of a company of the published web services, which goes by its name, or of one of its services.

    Returns:
        A path below their root, such as `Company('CRONUS%20UK%20Ltd.')/Customer_List`.
    """
    path = f"Company({_text(company_name)})"
    return f"{path}/{service}" if service else path


def record_path(set_path: str, key: str) -> str:
    """The path of one record of an entity set; a key that is no GUID is quoted as text."""
    return f"{set_path}({key_literal(key)})"


def key_literal(key: str) -> str:
    """A key as it stands in a path: GUIDs bare, everything else as quoted and encoded text."""
    return key if GUID.fullmatch(key) else _text(key)


def keys_literal(key: Mapping[str, tuple[str, str | int]]) -> str:
    """A key of one or several parts as it stands in a path: `Document_Type='Order',No='1001'`, one part alone bare.

    Args:
        key: Type and value of each part by its name, in the order of the metadata. What has no `Edm` type is a member
            of an enum, which is quoted as text is.
    """
    literals = {name: _literal(kind, value) for name, (kind, value) in key.items()}
    if len(literals) == 1:
        return next(iter(literals.values()))
    return ",".join(f"{name}={value}" for name, value in literals.items())


def _literal(kind: str, value: str | int) -> str:
    text = str(value)
    return _text(text) if kind == "Edm.String" or not kind.startswith("Edm.") else quote(text, safe=":")


def _text(text: str) -> str:
    return quote("'" + text.replace("'", "''") + "'", safe="'")


def join(root: str, path: str) -> str:
    """The root and a path below it; a path that is a whole URL already stays what it is."""
    if path.startswith(("https://", "http://")):
        return path
    return f"{root.rstrip('/')}/{path.lstrip('/')}" if path else root


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a URL: what must be equal for two URLs to go to the same server.

    A URL that cannot be read has the origin ("", "", 0), which no configured root has.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ("", "", 0)
    if parts.username is not None or parts.password is not None:
        return ("", "", 0)
    return (parts.scheme, parts.hostname or "", port or DEFAULT_PORTS.get(parts.scheme, 0))


def company_in(url: str) -> str:
    """The id of the company in a URL, in lower case; empty without one: companies may go by their names, too."""
    found = _COMPANY.search(unquote(url.partition("?")[0]))
    return found[1].lower() if found else ""


def environment_in(url: str) -> str:
    """The environment in a URL of Business Central online, in lower case; empty in any other one."""
    found = _ENVIRONMENT.match(unquote(url.partition("?")[0]))
    return found[1].lower() if found else ""


def is_elsewhere(url: str, than: str) -> bool:
    """Whether a URL belongs to another server than one that was asked for, to another environment or company of it."""
    if origin(url) != origin(than):
        return True
    places = ((place(url), place(than)) for place in (environment_in, company_in))
    return any(theirs and ours and theirs != ours for theirs, ours in places)


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def split_at_root(path_or_url: str, standard: str) -> tuple[str, str]:
    """The root that a path is below, and the path from there.

    Args:
        path_or_url: Below the standard root, or a whole URL of the same host.
        standard: The root of the standard API.

    Raises:
        ConfigurationError: The URL belongs to another host, or is below no root of it.
    """
    if not path_or_url.startswith(("https://", "http://")):
        return standard, path_or_url.lstrip("/")
    if origin(path_or_url) == origin(standard):
        if path_or_url.startswith(f"{standard}/"):
            return standard, path_or_url[len(standard) + 1 :]
        if match := _ROOT.fullmatch(path_or_url):
            return match["root"], match["path"]
    raise ConfigurationError(f"{path_or_url} does not belong to {standard}, and the access token goes nowhere else.")
