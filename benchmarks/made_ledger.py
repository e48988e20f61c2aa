"""How is a ledger of millions of entries served without anybody keeping them?

A small service that works an entry out from its number: general ledger entries of one company, eight to a stamp, the
stamps evenly spread over some years. It knows what a tap asks of such a set: pages with a next link, counts, filters
by stamp and number, counts in a batch. Each request takes its time, as the real service does.

    python benchmarks/made_ledger.py --rows 2000000 --latency-ms 300      prints its address, ends with its input
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, quote, unquote, urlsplit

COMPANY = "11111111-2222-3333-4444-555555555555"
FIRST, LAST = datetime(2019, 1, 1, tzinfo=timezone.utc), datetime(2025, 12, 31, tzinfo=timezone.utc)
TOGETHER = 8
PAGE_ROWS = 20_000
_PROPERTIES = {
    "id": "Edm.Guid",
    "entryNumber": "Edm.Int32",
    "postingDate": "Edm.Date",
    "documentNumber": "Edm.String",
    "accountId": "Edm.Guid",
    "accountNumber": "Edm.String",
    "description": "Edm.String",
    "debitAmount": "Edm.Decimal",
    "creditAmount": "Edm.Decimal",
    "lastModifiedDateTime": "Edm.DateTimeOffset",
}
_ROW = (
    '{"@odata.etag":"W/\\"%(number)d\\"","id":"%(number)08x-0000-4000-8000-000000000000","entryNumber":%(number)d,'
    '"postingDate":"%(stamp).10s","documentNumber":"G%(number)07d","accountId":"aaaaaaaa-0000-4000-8000-000000000001",'
    '"accountNumber":"8210","description":"Entry %(number)d of a made ledger","debitAmount":%(number)d.25,'
    '"creditAmount":0,"lastModifiedDateTime":"%(stamp)s"}'
)
_BOUND = re.compile(r"(entryNumber|lastModifiedDateTime) (ge|gt|lt|le|eq) (\S+?)(?=[)\s]|$)")
_SKIP = "skiptoken"


@dataclass(frozen=True)
class Ledger:
    """Entries from number 1 on."""

    rows: int

    @property
    def step(self) -> timedelta:
        """The time between two stamps."""
        return (LAST - FIRST) / (self.rows / TOGETHER)

    def stamp(self, number: int) -> str:
        """When an entry was made."""
        moment = FIRST + (number - 1) // TOGETHER * self.step
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"

    def first_at(self, stamp: str) -> int:
        """The first entry that is not stamped before a moment."""
        lower, upper = 1, self.rows + 1
        while lower < upper:
            middle = (lower + upper) // 2
            lower, upper = (middle + 1, upper) if self.stamp(middle) < stamp else (lower, middle)
        return lower

    def chosen(self, filter_: str) -> range:
        """The entries that a filter lets through; a stamp that nothing has chooses nothing more."""
        first, end = 1, self.rows + 1
        for name, operator, value in _BOUND.findall(filter_):
            if value.startswith("0001-"):
                continue
            at = int(value) if name == "entryNumber" else self.first_at(_fixed(value))
            if operator == "ge":
                first = max(first, at)
            elif operator == "lt":
                end = min(end, at)
            else:
                raise ValueError(f"nobody expected {name} {operator}")
        return range(first, max(first, end))

    def page(self, numbers: range) -> bytes:
        """The rows of some entries."""
        stamps = {group: self.stamp(group * TOGETHER + 1) for group in {(each - 1) // TOGETHER for each in numbers}}
        rows = (_ROW % {"number": each, "stamp": stamps[(each - 1) // TOGETHER]} for each in numbers)
        return ",".join(rows).encode()


def _fixed(stamp: str) -> str:
    whole, _, fraction = stamp.rstrip("Z").partition(".")
    return f"{whole}.{fraction:0<3.3}Z"


def _metadata() -> str:
    def entity_type(name: str, properties: dict[str, str], more: str = "") -> str:
        rows = "".join(f'<Property Name="{each}" Type="{kind}" />' for each, kind in properties.items())
        return f'<EntityType Name="{name}"><Key><PropertyRef Name="id" /></Key>{rows}{more}</EntityType>'

    leads = (
        '<NavigationProperty Name="generalLedgerEntries" Type="Collection(Microsoft.NAV.entry)" />'
        '<NavigationProperty Name="companyInformation" Type="Collection(Microsoft.NAV.information)" />'
    )
    bound = (
        '<NavigationPropertyBinding Path="generalLedgerEntries" Target="generalLedgerEntries" />'
        '<NavigationPropertyBinding Path="companyInformation" Target="companyInformation" />'
    )
    return (
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
        '<Schema Namespace="Microsoft.NAV" xmlns="http://docs.oasis-open.org/odata/ns/edm">'
        + entity_type("company", {"id": "Edm.Guid", "name": "Edm.String"}, leads)
        + entity_type("information", {"id": "Edm.Guid"})
        + entity_type("entry", _PROPERTIES)
        + '<EntityContainer Name="NAV">'
        f'<EntitySet Name="companies" EntityType="Microsoft.NAV.company">{bound}</EntitySet>'
        '<EntitySet Name="companyInformation" EntityType="Microsoft.NAV.information" />'
        '<EntitySet Name="generalLedgerEntries" EntityType="Microsoft.NAV.entry" />'
        "</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"
    )


class Service(BaseHTTPRequestHandler):
    """Answers what a tap asks of such a ledger."""

    protocol_version = "HTTP/1.1"
    ledger: ClassVar[Ledger]
    latency_seconds: ClassVar[float] = 0.0

    def do_GET(self) -> None:
        """Metadata, companies, a page or a count."""
        time.sleep(self.latency_seconds)
        if self.path.endswith("$metadata"):
            self._answer(_metadata().encode(), "application/xml")
        elif "/companies(" not in self.path:
            self._answer(json.dumps({"value": [{"id": COMPANY, "name": "Ledger Ltd."}]}).encode())
        else:
            self._answer(self._of_company(self.path))

    def do_POST(self) -> None:
        """A token, or a batch of counts."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "$batch" not in self.path:
            token = {"access_token": "a-token", "expires_in": 36_000, "token_type": "Bearer"}
            self._answer(json.dumps(token).encode())
            return
        time.sleep(self.latency_seconds)
        asked: list[dict[str, Any]] = json.loads(body)["requests"]
        headers = {"Content-Type": "application/json"}
        replies = [
            {"id": each["id"], "status": 200, "headers": headers, "body": json.loads(self._of_company(each["url"]))}
            for each in asked
        ]
        self._answer(json.dumps({"responses": replies}).encode())

    def _of_company(self, url: str) -> bytes:
        parts = urlsplit(url)
        query = {name.lstrip("$").lower(): values[0] for name, values in parse_qs(parts.query).items()}
        if "companyInformation" in parts.path:
            return b'{"value":[]}'
        numbers = self.ledger.chosen(query.get("filter", ""))
        if unquote(parts.path).endswith("$count"):
            return b"%d" % len(numbers)
        if _SKIP in query:
            numbers = range(max(numbers.start, int(query[_SKIP])), numbers.stop)
        rows = min(int(re.sub(r"\D", "", self.headers.get("Prefer", "")) or PAGE_ROWS), PAGE_ROWS)
        link = b""
        if len(numbers) > rows:
            filter_ = f"$filter={quote(query['filter'])}&" if "filter" in query else ""
            host = f"http://{self.headers['Host']}{parts.path}"
            link = f'"@odata.nextLink":"{host}?{filter_}${_SKIP}={numbers.start + rows}",'.encode()
        return b'{%s"value":[%s]}' % (link, self.ledger.page(numbers[:rows]))

    def _answer(self, body: bytes, content_type: str = "application/json") -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The service's clock."""
        return formatdate(timestamp, usegmt=True)

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


class Server(ThreadingHTTPServer):
    """A server to whom it does not matter that a client is killed."""

    def handle_error(self, *_: Any) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until the input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--latency-ms", type=float, default=300)
    given = parser.parse_args()
    Service.ledger, Service.latency_seconds = Ledger(given.rows), given.latency_ms / 1000
    server = Server(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
