"""How is the value of a setting read, whatever form it comes in?

A config may come from a file, from environment variables or from a job runner's form, so numbers, truths and objects
may be text. Each reader takes what a config holds and returns the value, or raises a `SettingFault` that says what is
wrong.
"""

from __future__ import annotations

import json
import os
import re
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dynamics_bc_client.odata.nesting import check_nesting
from dynamics_bc_client.odata.urls import is_loopback
from dynamics_bc_client.settings import API_URL, AUTH_URL, Secret
from dynamics_bc_client.store_folder import is_there
from dynamics_bc_plugin.settings import SettingFault, check_characters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SHOWN = 200
"""Characters of a value that is no path."""

_WEB_CLIENT = "businesscentral.dynamics.com"

STRING: Mapping[str, Any] = {"type": ["string", "null"]}
NUMBER: Mapping[str, Any] = {"type": ["number", "string", "null"]}
INTEGER: Mapping[str, Any] = {"type": ["integer", "string", "null"]}
BOOLEAN: Mapping[str, Any] = {"type": ["boolean", "string", "null"]}
OBJECT: Mapping[str, Any] = {"type": ["object", "string", "null"]}
NAMES: Mapping[str, Any] = {"type": ["array", "string", "null"], "items": {"type": "string"}}


def choices(*values: str) -> Mapping[str, Any]:
    """The schema of a setting that has one of these values."""
    return {**STRING, "enum": [*values, None]}


def text(value: Any) -> str:
    """A text on one line, trimmed."""
    if not isinstance(value, str):
        raise SettingFault(f"must be text, not {_kind(value)}.")
    if any(ord(character) < 32 for character in value.strip()):
        raise SettingFault("holds a line break or another control character; write it on one line.")
    check_characters(value)
    return value.strip()


def unquoted(value: Any) -> str:
    """A text that Microsoft gives out and that never has quotes around it: an id, a secret, an address.

    A shell takes quotes away; a file of variables that a container or a service reads keeps them.
    """
    given = text(value)
    if len(given) > 1 and given[0] == given[-1] and given[0] in "\"'":
        raise SettingFault("has quotes around it as part of its value; remove them.")
    return given


def identifier(value: Any) -> str:
    """An id, or another name for the same; a GUID may be in braces, as Business Central shows it."""
    given = unquoted(value)
    return given[1:-1].strip() if given.startswith("{") and given.endswith("}") else given


def secret(value: Any) -> Secret:
    """A text that is shown to nobody."""
    return Secret(unquoted(value))


def companies(value: Any) -> tuple[str, ...] | None:
    """Ids or names of companies: a list, or one text with commas between them, which names may hold too.

    Returns:
        The texts as they came; None for none at all, which means all companies.
    """
    texts = ([value] if value.strip() else []) if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise SettingFault("must be a list of ids or names, or one text with commas between them.")
    named = tuple(text.strip() for text in texts if text.strip(" ,"))
    # A variable that is not set comes as a blank text in a list; whoever wrote the list meant one company, not all.
    if texts and not named:
        raise SettingFault("must be ids or names, and there are only blanks; leave it out for all companies.")
    # An empty list comes from jobs whose user chose nothing: all companies, as for null.
    return named or None


def code(value: Any) -> str:
    """A code as Business Central stores it: trimmed and in upper case."""
    return text(value).upper()


def url(value: Any) -> str:
    """The URL of a server, without a trailing slash; http only for this machine, since secrets go there."""
    given = unquoted(value).rstrip("/")
    try:
        parts = urlsplit(given)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise SettingFault(f'is not a URL: "{given}".') from None
    if parts.scheme not in {"https", "http"} or not host:
        raise SettingFault(f'must be a whole URL such as {API_URL}, not "{given}".')
    if parts.username is not None or parts.password is not None:
        raise SettingFault("must not carry a user name or a password.")
    if parts.query or parts.fragment:
        raise SettingFault("must not carry a query (?) or a fragment (#).")
    if parts.scheme == "http" and not is_loopback(host):
        raise SettingFault(f'must begin with https://; http is for this machine alone, and "{host}" is another one.')
    return given


def api_host(value: Any) -> str:
    """Scheme and host of the API, without the path that is pasted with them; a gateway may have one of its own."""
    given = url(value)
    found = urlsplit(given)
    if found.hostname == _WEB_CLIENT:
        raise SettingFault(f"is the address of the web client; that of the API is {API_URL}, which is the default.")
    if re.match(r"/v\d", found.path) or (found.path and found.hostname == urlsplit(API_URL).hostname):
        raise SettingFault(
            f'must be scheme and host alone, such as {API_URL}, not "{given}"; tenant and environment have settings of '
            "their own, and full_url takes a whole address."
        )
    return given


def sign_in_host(value: Any) -> str:
    """Scheme and host of Microsoft Entra, without the path that is pasted with them."""
    given = url(value)
    found = urlsplit(given)
    if "/oauth2" in found.path or (found.path and found.hostname == urlsplit(AUTH_URL).hostname):
        raise SettingFault(
            f'must be scheme and host alone, such as {AUTH_URL}, not "{given}"; tenant_id names the tenant.'
        )
    return given


def number(value: Any) -> float:
    """A number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise SettingFault(f"must be a number, not {_kind(value)}.")
    try:
        return float(value)
    except (ValueError, OverflowError):
        raise SettingFault(f'must be a number, not "{value}".') from None


def seconds(value: Any) -> float:
    """A number of seconds above 0."""
    found = number(value)
    if not 0 < found < float("inf"):
        raise SettingFault(f"must be a number of seconds above 0, not {value}.")
    return found


def count(maximum: int) -> Callable[[Any], int]:
    """A whole number from 1 to a maximum."""

    def read(value: Any) -> int:
        found = number(value)
        if not found.is_integer() or not 1 <= found <= maximum:
            raise SettingFault(f"must be a whole number from 1 to {maximum}, not {value}.")
        return int(found)

    return read


def amount(value: Any) -> Decimal:
    """An amount of money of at least 0, exact."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal(-1)
    if isinstance(value, bool) or not found.is_finite() or found < 0:
        raise SettingFault(f"must be an amount of at least 0, not {json.dumps(value, default=str)}.")
    return found


def truth(value: Any) -> bool:
    """True or false."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower() == "true"
    raise SettingFault(f"must be true or false, not {json.dumps(value, default=str)}.")


def one_of(*names: str) -> Callable[[Any], str]:
    """One of some names, in any case."""

    def read(value: Any) -> str:
        found = text(value).lower()
        if found not in names:
            raise SettingFault(f'must be one of {", ".join(names)}, not "{value}".')
        return found

    return read


def json_object(value: Any) -> dict[str, Any]:
    """An object, or a text that is one in JSON."""
    if isinstance(value, str):
        try:
            check_nesting(value)
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise SettingFault("must be a JSON object.") from None
    if not isinstance(value, dict):
        raise SettingFault(f"must be a JSON object, not {_kind(value)}.")
    return value


def path(value: Any) -> Path:
    """A path; `~` is the user's home. There need not be anything."""
    given = value if isinstance(value, Path) else Path(text(value))
    try:
        found = given.expanduser()
        found.lstat()
    except RuntimeError:
        raise SettingFault(f'names the home of a user who is not known here: "{given}".') from None
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return found
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "a path holds no such character"
        raise SettingFault(f'names nothing that there could be ({why}): "{str(given)[:_SHOWN]}".') from None
    return found


def existing_file(value: Any) -> str:
    """The path of a file that can be read."""
    found = path(value)
    if not is_there(found):
        raise SettingFault(f'names a file that does not exist: "{found}".')
    if not _may(found, os.R_OK):
        raise SettingFault(f'names the file "{found}", which cannot be read; give this user the right to read it.')
    return str(found)


def folder(value: Any) -> Path:
    """A folder that can be read and written, or made; it is not made here."""
    found = path(value)
    nearest = next(each for each in (found, *found.absolute().parents) if os.path.lexists(each))
    if not nearest.is_dir():
        raise SettingFault(f'must name a folder, and "{nearest}" is a file.')
    # What does not exist yet is made, so it is the nearest folder above it that must be one to write to.
    if not _may(nearest, os.W_OK | os.X_OK):
        raise SettingFault(
            f'names the folder "{found}", which cannot be written to; give this user the right to write to "{nearest}".'
        )
    if nearest == found and not _may(found, os.R_OK):
        raise SettingFault(f'names the folder "{found}", which cannot be read; give this user the right to read it.')
    return found


def readable_folder(value: Any) -> Path:
    """A folder to read from, if it exists."""
    found = path(value)
    if os.path.exists(found) and not os.path.isdir(found):  # noqa: PTH110, PTH112 - these never raise
        raise SettingFault(f'must name a folder, and "{found}" is a file.')
    return found


def existing_folder(value: Any) -> Path:
    """A folder that is there and can be read."""
    found = readable_folder(value)
    if not is_there(found):
        raise SettingFault(f'names the folder "{found}", which does not exist; make it, or name another one.')
    if not _may(found, os.R_OK | os.X_OK):
        raise SettingFault(f'names the folder "{found}", which cannot be read; give this user the right to read it.')
    return found


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", bool: "true or false", int: "a number", float: "a number", str: "text"}
    return names.get(type(value), type(value).__name__)
