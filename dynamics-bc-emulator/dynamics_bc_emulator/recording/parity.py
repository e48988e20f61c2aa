"""A parity run: the questions of a recording are put to an emulator that holds its rows, and the answers compared."""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import msgspec

from dynamics_bc_emulator.recording.answers import question_of
from dynamics_bc_emulator.recording.comparing import differences
from dynamics_bc_emulator.recording.exchanges import ROOT
from dynamics_bc_emulator.values import decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dynamics_bc_emulator.driver import BusinessCentral
    from dynamics_bc_emulator.recording.exchanges import Exchange

_KEYS = re.compile(r"\([^)]*\)")
_OF_PATHS = "/(),'=-$:@"
_SECONDS = 120
_TOKEN, _NEXT = "$skiptoken", "@odata.nextLink"
_MADE_BY_THE_SERVICE = frozenset((429, 502, 503, 504, 408, 401))


@dataclass
class Parity:
    """What a parity run found.

    Attributes:
        found: For each difference the questions at which it was found, keys left out.
        compared: How many questions were put.
        left: Questions that were not, by reason.
    """

    found: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    compared: int = 0
    left: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def compare(exchanges: Iterable[Exchange], running: BusinessCentral) -> Parity:
    """Put the questions one by one; what one writes is undone before the next."""
    parity, asking = Parity(), _Asking(running, running.headers())
    for each in exchanges:
        reason = asking.reason_not_to(each)
        if reason:
            parity.left[reason] += 1
            continue
        with nullcontext() if each.method == "GET" else running.control.undone():
            status, told, body = asking.ask(each)
        parity.compared += 1
        for difference in differences(each, status, told, body):
            asked = f"{each.method} {_KEYS.sub('()', each.path)}"
            if asked not in parity.found[difference]:
                parity.found[difference].append(asked)
    return parity


@dataclass
class _Asking:
    """The emulator that is asked, and what the questions so far leave behind.

    Attributes:
        created: Ids of what was created in the recording, and is not in the emulator.
        links: For a recorded next link the emulator's own.
    """

    running: BusinessCentral
    headers: dict[str, str]
    created: set[str] = field(default_factory=set)
    links: dict[Any, str] = field(default_factory=dict)

    def reason_not_to(self, exchange: Exchange) -> str:
        """Why a question cannot be put to the emulator; blank if it can."""
        if exchange.status == 201 and isinstance(exchange.body, dict) and exchange.body.get("id"):
            self.created.add(str(exchange.body["id"]).lower())
        if exchange.status in _MADE_BY_THE_SERVICE:
            return "the service was away, busy, or did not know the token"
        if any(key in exchange.path.lower() for key in self.created):
            return "what they ask for had been created before"
        if (
            exchange.method in {"POST", "PATCH", "PUT"}
            and exchange.sent is None
            and "Microsoft.NAV" not in exchange.path
        ):
            return "their body is not in the recording"
        if _TOKEN in exchange.query and question_of(exchange.path, exchange.query) not in self.links:
            return "the page before them is not in the recording, or has no next link here"
        return ""

    def ask(self, exchange: Exchange) -> tuple[int, dict[str, str], Any]:
        """What the emulator answers: status, headers, body."""
        sent = exchange.sent
        data = None if sent is None else sent.encode() if isinstance(sent, str) else encode(sent)
        # An etag of the recording is none of the emulator's.
        asked = {name: "*" if name == "if-match" else value for name, value in exchange.asked.items()}
        with closing(HTTPConnection(urlsplit(self.running.url).netloc, timeout=_SECONDS)) as connection:
            connection.request(exchange.method, self._target(exchange), data, {**asked, **self.headers})
            response = connection.getresponse()
            body = _decoded(response.read())
        self._follow(exchange.body, body)
        return response.status, dict(response.getheaders()), body

    def _target(self, exchange: Exchange) -> str:
        own = self.links.get(question_of(exchange.path, exchange.query))
        if own:
            return own.removeprefix(self.running.url)
        path = quote(exchange.path, safe=_OF_PATHS)
        query = urlencode(exchange.query, quote_via=quote, safe="$,()'/")
        return f"/v2.0/{quote(self.running.environment_name)}/{path}" + (f"?{query}" if query else "")

    def _follow(self, recorded: Any, body: Any) -> None:
        links = [told.get(_NEXT) if isinstance(told, dict) else None for told in (recorded, body)]
        if links[0] and links[1]:
            address = urlsplit(links[0].removeprefix(ROOT))
            options = dict(parse_qsl(address.query, keep_blank_values=True))
            self.links[question_of(unquote(address.path), options)] = links[1]


def _decoded(text: bytes) -> Any:
    if not text:
        return None
    try:
        return decode(text)
    except msgspec.DecodeError:
        return text.decode(errors="replace")
