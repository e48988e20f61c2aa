"""What is kept of an answer that passes by: the exchange without what is secret, or nothing."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from dynamics_bc_emulator.recording.exchanges import DATA_PATH, Exchange, head
from dynamics_bc_emulator.recording.scrubbing import Scrubber
from dynamics_bc_emulator.values import decode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

# A shorter one would be found in any text.
_SHORTEST_SECRET = 6
_CREDENTIALS = ("authorization", "cookie", "proxy-authorization")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it came.

    Attributes:
        target: Path and query as sent.
        headers: By lower-case name.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass
class Recorder:
    """Writes what passes by to a file.

    Attributes:
        service: The address of the service: `https://api.businesscentral.dynamics.com`.
        kept: How many exchanges were written.
        left_out: How many were not, because a secret was found in what was left of them.
    """

    file: BinaryIO
    service: str
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    kept: int = 0
    left_out: int = 0
    _scrubber: Scrubber | None = None

    def begin(self) -> None:
        """Write what every recording begins with."""
        self.file.write(head())
        self.file.flush()

    def note(self, asked: Asked, answered: Answered) -> None:
        """Keep an exchange, if it is one of the data API."""
        address = urlsplit(asked.target)
        match = DATA_PATH.fullmatch(unquote(address.path))
        if match is None:
            return
        self._scrubber = self._scrubber or Scrubber(self.key, urlsplit(self.service).hostname)
        line = self._exchange(self._scrubber, match["below"], address.query, asked, answered).line()
        if _repeats(line, self._secrets(asked, answered, match["environment"])):
            self.left_out += 1
            return
        self.file.write(line)
        self.file.flush()
        self.kept += 1

    def _exchange(self, scrub: Scrubber, below: str, query: str, asked: Asked, answered: Answered) -> Exchange:
        is_batch = below.lower().endswith("$batch")
        return Exchange(
            method=asked.method,
            path=scrub.path(below),
            query=scrub.query(dict(parse_qsl(query, keep_blank_values=True))),
            asked=scrub.asked(asked.headers),
            sent=_scrubbed(scrub, asked.headers, asked.body, is_batch=is_batch),
            status=answered.status,
            headers=scrub.headers(answered.headers),
            body=_scrubbed(scrub, answered.headers, answered.body, is_error=answered.status >= 400, is_batch=is_batch),
        )

    def _secrets(self, asked: Asked, answered: Answered, environment: str) -> set[str]:
        """What must not be in the file, whatever scrubbing left."""
        told = [asked.headers.get(name, "") for name in _CREDENTIALS] + [answered.headers.get("set-cookie", "")]
        tokens = {word for value in told for word in re.split(r"[\s;,=]+", value)}
        _, *places = environment.strip("/").split("/")
        tenants = set(places[:-1])
        return {word for word in tokens | tenants if len(word) >= _SHORTEST_SECRET and word.lower() != "bearer"}


def _repeats(line: bytes, secrets_: set[str]) -> bool:
    text = line.decode(errors="replace").lower()
    return any(secret.lower() in text for secret in secrets_)


def _scrubbed(
    scrub: Scrubber, headers: Mapping[str, str], body: bytes, *, is_error: bool = False, is_batch: bool = False
) -> Any:
    """A body as it is kept: JSON, a metadata document, a sentence; of content nothing."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if not body:
        return None
    if kind.endswith("json"):
        try:
            told = decode(body)
            return scrub.batch(told) if is_batch and not is_error else scrub.body(told, is_error=is_error)
        except msgspec.DecodeError:
            return None
    if kind == "application/xml" and not is_error:
        return body.decode(errors="replace")
    return scrub.message(body.decode(errors="replace")) if kind.startswith("text/") or kind.endswith("xml") else None
