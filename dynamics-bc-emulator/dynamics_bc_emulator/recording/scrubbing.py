"""What is taken out of an answer before it is kept: whatever could be a tenant's own.

Every text is replaced by one of the same shape, the same one wherever it stands, so that keys still join; nothing that
is kept leads back to it. What stays: names of properties and sets, members of enums, codes of countries and currencies,
dates, numbers, truth values, and of messages the words that the service itself uses. Tokens, cookies and content go.
"""

from __future__ import annotations

import re
import uuid
from base64 import b64encode
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from dynamics_bc_emulator.odata.catalogue import load_catalogue
from dynamics_bc_emulator.recording.exchanges import DATA_PATH, ROOT
from dynamics_bc_emulator.recording.vocabulary import codes, members, words
from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?")
_DURATION = re.compile(r"-?P(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?(?:[\d.]+S)?)?")
_EMAIL = re.compile(r"[^\s@;,]+@[^\s@;,]+")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_QUOTED = re.compile(r"'((?:[^']|'')*)'")
_OF_A_MESSAGE = re.compile(r"\w(?:[\w@.-]*\w)?")
_LINKS = ("@odata.nextLink", "@odata.context", "Link", "@odata.deltaLink", "resource")
_ETAGS = ("@odata.etag", "@odata.mediaEtag", "mediaEtag")
_ERROR_TEXTS = frozenset(("message", "error_description"))
# Options whose words are names of properties; in the others every text is the client's own.
_OPTIONS = frozenset((
    *("$select", "$expand", "$orderby", "$filter", "$top", "$skip", "$count", "$apply", "$format", "$schemaversion"),
    *("aid", "$levels", "$inlinecount"),
))  # fmt: skip
# Of a question: how it is to be answered.
_ASKED = frozenset((
    *("accept", "accept-language", "content-type", "data-access-intent", "if-match", "if-none-match", "isolation"),
    "prefer",
))  # fmt: skip
# Of an answer: headers that are the same for every tenant. Of others the name is kept alone.
_PUBLIC_HEADERS = frozenset((
    *("allow", "content-type", "odata-version", "preference-applied", "retry-after", "vary", "x-content-type-options"),
    *("cache-control", "content-encoding"),
))  # fmt: skip
_SECRET_HEADERS = frozenset((
    *("authorization", "cookie", "proxy-authorization", "set-cookie", "www-authenticate", "authentication-info"),
))  # fmt: skip
# As the service spells what went wrong: a kind, and what it is.
_CODE = re.compile(
    r"(?:Application|Authentication|Authorization|BadRequest|Internal|Request|Unknown|Unauthorized|Forbidden)"
    r"(?:_(?:[A-Z][a-z]+){1,8})?"
)
# Of what a name is made; a key of anything else is a text.
_NAME = re.compile(r"@?\w+(?:[.@]+\w+)*")
_OF_OPERATIONS = frozenset((*("GET", "POST", "PATCH", "PUT", "DELETE"), *map(str, range(100, 600))))
_TRIALS = 1000
_OF_PATHS = "/(),'=-$@:."


class Scrubber:
    """Replaces texts, each by one of its own, for one recording.

    Args:
        key: What replacements are made from; it is forgotten with the recording.
        host: The name of the service's host.
    """

    def __init__(self, key: bytes, host: str | None = None) -> None:
        self._key = key
        self.host = host
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()

    # -- what a text becomes ------------------------------------------------------------------------------------------

    def text(self, value: str) -> str:
        """A text of the tenant's own; whatever is the same everywhere stays."""
        if not value.strip() or value in members() or value in codes():
            return value
        if _MOMENT.fullmatch(value) or (_DURATION.fullmatch(value) and any(map(str.isdigit, value))):
            return value
        if _GUID.fullmatch(value):
            return self.guid(value)
        if _EMAIL.fullmatch(value):
            return f"{self._replaced(value.lower(), _as_word)}@example.com"
        if _URL.fullmatch(value):
            return self.link(value) if self._is_own(value) else f"https://example.com/{self._replaced(value, _as_word)}"
        return self._replaced(value, _in_shape)

    def guid(self, value: str) -> str:
        """A GUID; the zero GUID stays."""
        return value if value == ZERO_GUID else self._replaced(value.lower(), _as_guid)

    def etag(self, value: str) -> str:
        """An etag, or a list of them; `*` stays."""
        return value if value.strip() in {"*", ""} else self._replaced(value, _as_etag)

    def message(self, value: str) -> str:
        """A sentence of the service: words that are not its own are replaced."""
        return _OF_A_MESSAGE.sub(lambda match: self._word(match[0]), _GUID.sub(lambda m: self.guid(m[0]), value))

    def _word(self, word: str) -> str:
        if _GUID.fullmatch(word) or all(part.lower() in words() for part in re.findall(r"[^\W\d_]+|[\d@]+", word)):
            return word
        return self.text(word)

    # -- addresses ----------------------------------------------------------------------------------------------------

    def path(self, value: str) -> str:
        """A decoded path below the environment: names stay, keys are replaced."""
        quoted = _QUOTED.sub(lambda match: f"'{self._literal(match[1])}'", value)
        return _GUID.sub(lambda match: self.guid(match[0]), quoted)

    def query(self, options: Mapping[str, str]) -> dict[str, str]:
        """Decoded options."""
        return {
            name: self.path(value) if name.lower() in _OPTIONS else self._replaced(value, _as_word)
            for name, value in options.items()
        }

    def link(self, value: str) -> str:
        """A link below an environment of the service, or relative to one; another one is a text."""
        address = urlsplit(value)
        match = DATA_PATH.fullmatch(unquote(address.path))
        is_own = match is not None and address.hostname == self.host if address.hostname else _is_relative(address.path)
        if not is_own:
            return self._replaced(value, _as_word)
        told = self.query(dict(parse_qsl(address.query, keep_blank_values=True)))
        query = "&".join(f"{quote(name, safe='$')}={quote(each, safe='{}')}" for name, each in told.items())
        path = self.path(f"/{match['below']}" if match and address.hostname else unquote(address.path))
        fragment = f"#{self.path(unquote(address.fragment))}" if address.fragment else ""
        start = ROOT if address.hostname else ""
        return f"{start}{quote(path, safe=_OF_PATHS)}{'?' if query else ''}{query}{fragment}"

    def _is_own(self, value: str) -> bool:
        return self.host is not None and urlsplit(value).hostname == self.host

    def _literal(self, literal: str) -> str:
        return self.text(literal.replace("''", "'")).replace("'", "''")

    # -- headers and bodies -------------------------------------------------------------------------------------------

    def asked(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers of a question, by lower-case name."""
        return {
            name: self.etag(value) if name.startswith("if-") else value
            for name, value in headers.items()
            if name in _ASKED
        }

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers of an answer, by lower-case name."""
        return {name: self._header(name, value) for name, value in headers.items() if name not in _SECRET_HEADERS}

    def _header(self, name: str, value: str) -> str:
        if name in {"location", "content-location", "odata-entityid"}:
            return self.link(value)
        if name == "etag":
            return self.etag(value)
        return value if name in _PUBLIC_HEADERS else "***"

    def body(self, value: Any, name: str = "", *, is_error: bool = False) -> Any:
        """Decoded JSON."""
        if isinstance(value, dict):
            inner = is_error or name == "error"
            return {self._name(key): self.body(each, key, is_error=inner) for key, each in value.items()}
        if isinstance(value, list):
            return [self.body(each, name, is_error=is_error) for each in value]
        return self._value(name, value, is_error=is_error) if isinstance(value, str) else value

    def batch(self, value: Any) -> Any:
        """Decoded JSON of a batch, of its operations or of their answers; another body is one like any other."""
        name = next((one for one in ("requests", "responses") if isinstance(value, dict) and one in value), None)
        if name is None or not isinstance(value[name], list):
            return self.body(value)
        return {name: [self._operation(each) for each in value[name] if isinstance(each, dict)]}

    def _name(self, name: str) -> str:
        return name if _NAME.fullmatch(name) else self.text(name)

    def _operation(self, told: Mapping[str, Any]) -> dict[str, Any]:
        kept = {name: told[name] for name in ("method", "status") if str(told.get(name)) in _OF_OPERATIONS}
        ids = {name: self.body(told[name], name) for name in ("id", "atomicityGroup", "dependsOn") if name in told}
        url = {"url": self.link(told["url"])} if isinstance(told.get("url"), str) else {}
        given = told.get("headers")
        sent = {name.lower(): str(each) for name, each in given.items()} if isinstance(given, dict) else {}
        headers = {"headers": self.asked(sent) if "method" in told else self.headers(sent)} if sent else {}
        is_error = isinstance(told.get("status"), int) and told["status"] >= 400
        body = {"body": self.body(told["body"], is_error=is_error)} if "body" in told else {}
        return {**ids, **kept, **url, **headers, **body}

    def _value(self, name: str, value: str, *, is_error: bool) -> str:
        if is_error and name == "code" and _CODE.fullmatch(value):
            return value
        if is_error or name in _ERROR_TEXTS:
            return self.message(value)
        if name.endswith(_ETAGS):
            return self.etag(value)
        if name.endswith(_LINKS) and ("://" in value or "@odata" in name):
            return self.link(value)
        return self.text(value)

    # -- replacements -------------------------------------------------------------------------------------------------

    def _replaced(self, value: str, spelled: Callable[[str, bytes], str]) -> str:
        """Always the same replacement, and nobody else's."""
        known = f"{spelled.__name__}:{value}"
        if known not in self._given:
            trials = (spelled(value, self._digest(known, trial)) for trial in range(_TRIALS))
            free = next((one for one in trials if one not in self._taken), None)
            self._given[known] = free if free is not None else f"{value[:1] and 'X'}{len(self._taken)}"
            self._taken.add(self._given[known])
        return self._given[known]

    def _digest(self, value: str, trial: int) -> bytes:
        return blake2b(f"{trial}:{value}".encode(), key=self._key).digest()


def _is_relative(path: str) -> bool:
    """Whether a path begins as one below a company or an API, and not with a word of somebody's own."""
    first = re.split(r"[(/]", path.lstrip("/"), maxsplit=1)[0]
    return first in {"api", "ODataV4", "$metadata", "$batch", "Company"} or first in load_catalogue().sets


def _in_shape(value: str, digest: bytes) -> str:
    """Letters become letters of the same case, digits digits; the rest says nothing and stays."""
    stream = int.from_bytes(digest + blake2b(digest).digest() + blake2b(digest[::-1]).digest(), "big")
    shown = []
    for place, letter in enumerate(value):
        part = (stream >> (5 * (place % 300))) + place // 300
        if letter.isdigit():
            shown.append("0123456789"[part % 10])
        elif letter.isalpha():
            drawn = "abcdefghijklmnopqrstuvwxyz"[part % 26]
            shown.append(drawn.upper() if letter.isupper() else drawn)
        else:
            shown.append(letter)
    return "".join(shown)


def _as_word(_: str, digest: bytes) -> str:
    return digest[:8].hex()


def _as_guid(_: str, digest: bytes) -> str:
    return str(uuid.UUID(bytes=digest[:16], version=4))


def _as_etag(value: str, digest: bytes) -> str:
    opaque = b64encode(digest[:18]).decode()
    return f'W/"{opaque}"' if value.startswith("W/") else f'"{opaque}"'
