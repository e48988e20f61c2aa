"""The calls that the tap, the target and the command make: environments, companies, metadata, pages, records, batches.

One client serves one environment and may be used by several threads at once: they share sign-in, throttle and
connections. Paths are relative to the root of the standard API (`companies(<guid>)/customers`), or whole URLs of the
same host.
"""

from __future__ import annotations

import dataclasses
import random as random_module
import threading
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from dynamics_bc_client.auth import TOKEN_PATIENCE, SignIn
from dynamics_bc_client.batched_reads import BatchedRead, BatchedResponse, read_in_batches
from dynamics_bc_client.batches import BatchRun, nothing_behind
from dynamics_bc_client.companies import Company
from dynamics_bc_client.errors import QueryTooLong, Repeat, UnexpectedAnswer
from dynamics_bc_client.exchange import Exchange, RequestSummary
from dynamics_bc_client.limits import ANSWER_BYTES, METADATA_BYTES, QUERY_STRING_CHARACTERS
from dynamics_bc_client.odata import pages as odata_pages
from dynamics_bc_client.odata.batch import Operation, Result, encode_json
from dynamics_bc_client.odata.decoding import decode
from dynamics_bc_client.odata.metadata import Metadata, parse_metadata
from dynamics_bc_client.odata.pages import ANY_ROWS, Page, RowKeys
from dynamics_bc_client.odata.query import Expansion, Query
from dynamics_bc_client.odata.targets import ACTION, COUNT
from dynamics_bc_client.odata.urls import split_at_root
from dynamics_bc_client.paging import PageReader, is_too_long, kept_together
from dynamics_bc_client.read_intent import READ_WRITE, ReadIntent
from dynamics_bc_client.responses import served_at
from dynamics_bc_client.retry import Intent, Patience
from dynamics_bc_client.throttle import Throttle
from dynamics_bc_client.transport import RequestsTransport, Response, Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from typing_extensions import Self

    from dynamics_bc_client.batches import Behind
    from dynamics_bc_client.errors import DynamicsError
    from dynamics_bc_client.settings import ConnectionSettings
    from dynamics_bc_client.transport import Sink

__all__ = ["Client", "Company", "Environment", "RequestSummary"]

T = TypeVar("T")
JSON = "application/json"
_NUMBER = msgspec.json.Decoder(int)


@dataclasses.dataclass(frozen=True, slots=True)
class Environment:
    """An environment of the tenant; `record` is it as the service lists it."""

    name: str
    type: str
    aad_tenant_id: str
    record: dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Downloaded:
    """What came with a file's content.

    Attributes:
        content_type: The MIME type that the service names; empty when it names none.
        served_at: The service's own clock, UTC.
    """

    content_type: str
    served_at: datetime


class Client:
    """Talks to one environment of Business Central.

    Args:
        settings: Where it is and how to sign in.
        transport: Sends a request; the network when None.
        clock: Seconds that only grow; measures waits and deadlines.
        now: Seconds since 1970; tells when a token ends.
        sleep: Waits a number of seconds.
        random: A number from 0 to below 1; spreads waits.
        on_request: Told of every request after it, from the thread that sent it.
        patience: How long a request is repeated; a token request no longer than `TOKEN_PATIENCE`.
        from_replica: Whether reads ask for a copy of the database, which lags behind and shows committed rows alone;
            see `read_intent`.
    """

    def __init__(
        self,
        settings: ConnectionSettings,
        *,
        transport: Transport | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = random_module.random,
        on_request: Callable[[RequestSummary], None] | None = None,
        patience: Patience | None = None,
        from_replica: bool = False,
    ) -> None:
        self.settings = settings
        patience = patience or Patience()
        self._own_transport: RequestsTransport | None = None
        if transport is None:
            transport = self._own_transport = RequestsTransport(
                connections=settings.max_concurrent_requests,
                ca_bundle=settings.ca_bundle,
                connect_seconds=patience.connect_seconds,
            )
        self.sign_in = SignIn(
            settings,
            transport,
            clock=clock,
            now=now,
            sleep=sleep,
            random=random,
            patience=min(patience, TOKEN_PATIENCE, key=lambda each: each.long_seconds),
        )
        self._now = now
        self._exchange = Exchange(
            settings,
            transport,
            self.sign_in,
            Throttle(settings.max_concurrent_requests, settings.max_requests_per_window, clock=clock, sleep=sleep),
            clock=clock,
            sleep=sleep,
            random=random,
            on_request=on_request,
            patience=patience,
            read_intent=ReadIntent(from_replica=from_replica),
        )
        self._metadata: dict[str | None, Metadata] = {}
        self._metadata_lock = threading.Lock()
        self._metadata_locks: dict[str | None, threading.Lock] = {}

    # --- what there is ------------------------------------------------------------------------------------------------

    def environments(self) -> list[Environment]:
        """The environments of the tenant that the token can see.

        Raises:
            DynamicsError: They could not be read.
        """
        url = f"{self.settings.host_root}/environments/v1.2"
        return [
            Environment(
                name=str(record.get("name", "")),
                type=str(record.get("type", "")),
                aad_tenant_id=str(record.get("aadTenantId", "")),
                record=record,
            )
            for record in self._get(url, odata_pages.rows)
        ]

    def companies(self) -> list[Company]:
        """The companies of the environment, in the service's order.

        Raises:
            EnvironmentNotFound: The tenant has no such environment.
            DynamicsError: They could not be read.
        """
        return [Company.from_record(record) for record in self.rows(Query("companies"))]

    def metadata(self, route: str | None = None) -> Metadata:
        """What the standard API publishes, or another route (`publisher/group/version`, `ODataV4`); read once.

        Raises:
            DynamicsError: It could not be read. What is wrong with another route's document concerns that route alone.
        """
        with self._metadata_lock:
            # Several routes are read at once, so no thread waits for another one's document.
            lock = self._metadata_locks.setdefault(route, threading.Lock())
        with lock:
            if route not in self._metadata:
                url = f"{self.settings.route_root(route)}/$metadata"
                try:
                    self._metadata[route] = self._get(
                        url, parse_metadata, accept="application/xml", most_bytes=METADATA_BYTES
                    )
                except UnexpectedAnswer as error:
                    raise error if route is None else error.replacing(scope="stream") from error
            return self._metadata[route]

    # --- reading ------------------------------------------------------------------------------------------------------

    def pages(self, query: Query, *, page_size: int, keys: RowKeys = ANY_ROWS) -> Iterator[Page]:
        """The pages of a query, each read when it is asked for; `paging` has the rules.

        Args:
            query: What to read.
            page_size: Rows of a page; the service caps it at 20,000. It shrinks where pages take too long or break off.
            keys: What every row must have to be one.

        Raises:
            PageBroken: The smallest page has an error in it, or a row without its key or a list that was expanded.
            UnexpectedAnswer: The response is no page, its next link leads to another host, or there is no end of pages.
            DynamicsError: The service refused.
        """
        language = {"Accept-Language": query.language} if query.language else {}
        request = self._exchange.request("GET", query.url, {"Accept": JSON, **language})
        return PageReader(self._exchange, self._now, page_size=page_size, keys=keys).pages(request)

    @property
    def served_at(self) -> datetime | None:
        """When the last response came, by the service's own clock, UTC; None where none has said."""
        return self._exchange.served_at

    def rows(self, query: Query, *, page_size: int = 500) -> list[dict[str, Any]]:
        """All rows of a query, decoded, numbers exact; arguments and errors as of `pages`.

        Each has what the query selects: one that lacks it is none.
        """
        pages = self.pages(query, page_size=page_size, keys=RowKeys(tuple(query.select)))
        return [row for page in kept_together(pages, query.path) for row in odata_pages.rows(page.body)]

    def count(self, query: Query) -> int:
        """How many rows a query has, by its path and its filter; the service counts without sending them.

        Raises:
            UnexpectedAnswer: The response is no number.
            DynamicsError: The service refused.
        """
        url = Query(f"{query.path}/{COUNT}", filter=query.filter).url
        if is_too_long(url):
            (response,) = self.read_many([BatchedRead(url, check=number_of_rows)])
            if response.error is not None:
                raise response.error
            return number_of_rows(response.body)
        # A count is plain text (OData 4.01, part 1, 11.2.10).
        return self._get(url, number_of_rows, accept="text/plain")

    def read(self, path: str, *, select: Sequence[str] = (), expand: Sequence[Expansion] = ()) -> dict[str, Any]:
        """One entity by its path.

        Raises:
            RecordNotFound: There is none.
            DynamicsError: The service refused.
        """
        url = _checked_length(Query(path, select=tuple(select), expand=tuple(expand)).url)
        return self._get(url, odata_pages.row)

    def read_many(self, reads: Sequence[BatchedRead]) -> list[BatchedResponse]:
        """Many small reads in few requests; `batched_reads` has the rules.

        Args:
            reads: As many as there are; a hundred travel together.

        Returns:
            What came of each, in their order.

        Raises:
            DynamicsError: Nothing can be read at all.
        """
        return read_in_batches(self._exchange, self._now, reads)

    def download(self, path_or_url: str, sink: Sink, *, writes: bool = False) -> Downloaded | None:
        """The content of a file, written into a sink as it comes; None when there is none.

        Args:
            path_or_url: The stream property: `companies(<guid>)/items(<guid>)/picture/pictureContent`.
            sink: Where it goes. It begins anew with every attempt, and what it holds counts only after the last one.
            writes: Whether the service changes something when it is read, as it counts who prints a document: then no
                replica can serve it.

        Raises:
            UnexpectedAnswer: It is longer than `limits.FILE_BYTES`.
            DynamicsError: The sink has no room for it, the service refused, or no attempt got all of it.
        """
        headers = {"Accept": "*/*", **(READ_WRITE if writes else {})}
        request = dataclasses.replace(self._exchange.request("GET", path_or_url, headers), sink=sink)
        response = self._exchange.send(request, Intent.READ, lambda response: response).get()
        if response.body:
            # A transport that knows no sinks has it whole.
            sink.begin(len(response.body))
            sink.write(response.body)
        if not response.body and not response.sunk:
            return None
        moment = served_at(response.headers) or datetime.fromtimestamp(self._now(), timezone.utc)
        return Downloaded(response.headers.get("Content-Type", "").partition(";")[0].strip(), moment)

    def absence(self) -> DynamicsError | None:
        """Why the environment does not respond right now, asked once and without patience; None when it does."""
        return self._exchange.absence()

    # --- writing ------------------------------------------------------------------------------------------------------

    def create(
        self, path: str, body: Mapping[str, Any], *, is_due: Callable[[DynamicsError], bool] = lambda _: True
    ) -> dict[str, Any]:
        """Create an entity, with its children if the body nests them.

        Args:
            path: The entity set, such as `companies(<guid>)/customers`.
            body: Properties; decimals are sent with exactly their digits.
            is_due: Whether it is still to be done, asked behind a refusal as for `act`.

        Returns:
            The entity as the service echoes it.

        Raises:
            RecordChanged: It was refused and is not due any more; with `may_have_happened`.
            DynamicsError: With `may_have_happened` when it may have been created all the same: look before repeating.
        """
        return self._write("POST", path, body, is_due=is_due)

    def update(self, path: str, changes: Mapping[str, Any], *, etag: str = "*") -> dict[str, Any]:
        """Set properties of an entity.

        Args:
            path: The entity.
            changes: Properties and their new values.
            etag: The version these changes are based on; `*` for whichever is there.

        Returns:
            The entity as the service echoes it.

        Raises:
            RecordChanged: Somebody else changed it. With `may_have_happened` when that may have been an earlier attempt
                of ours.
            DynamicsError: The service refused.
        """
        return self._write("PATCH", path, changes, etag=etag)

    def delete(self, path: str, *, etag: str = "*") -> None:
        """Remove an entity; that it is gone after an attempt whose response was lost counts as success.

        Raises:
            RecordNotFound: It was not there to begin with.
            DynamicsError: The service refused.
        """
        self._write("DELETE", path, etag=etag)

    def act(
        self,
        path: str,
        action: str,
        body: Mapping[str, Any] | None = None,
        *,
        etag: str | None = None,
        is_due: Callable[[DynamicsError], bool] = lambda _: True,
    ) -> None:
        """Call an action bound to an entity, such as `post`. Posting cannot be taken back.

        Args:
            path: The entity.
            action: The action's name.
            body: Its parameters.
            etag: The version that it is meant for; None says nothing. No source tells whether the service looks at it.
            is_due: Whether it is still to be done behind a refusal, asked before the action is called once more:
                somebody on the way may have refused what the service has done.

        Raises:
            RecordChanged: Somebody else changed the entity; with `may_have_happened`, it was refused and is not due
                any more.
            DynamicsError: With `may_have_happened` when it may have been done all the same: look before repeating.
        """
        self._write("POST", f"{path}/{ACTION}{action}", body, etag=etag, read=_nothing, is_due=is_due)

    def batch(
        self,
        operations: Sequence[Operation],
        *,
        snapshot: bool = False,
        may_be_done: Behind = nothing_behind,
    ) -> list[Result]:
        """Send up to a hundred operations in one request.

        Args:
            operations: In the order in which the service does them. Their paths are below the standard root, or whole
                URLs of the configured host, all below the same root.
            snapshot: All or nothing, in one transaction; else each operation stands for itself.
            may_be_done: Ids of those operations that may have been carried out although they were refused for their
                token or for too many requests, asked before they are sent once more; they are `unknown` then.

        Returns:
            One result per operation, in their order, whatever came back: an operation without a reply is `unknown`.

        Raises:
            ValueError: Over a hundred operations, or an id twice.
            SignInError: Nothing was done.
            ConfigurationError: Nothing was done.
        """
        split = [split_at_root(operation.path, self._exchange.root) for operation in operations]
        (root,) = {root for root, _ in split} or {self._exchange.root}
        below = [
            dataclasses.replace(operation, path=path) for operation, (_, path) in zip(operations, split, strict=True)
        ]
        results = BatchRun(self._exchange, below, snapshot=snapshot, root=root, may_be_done=may_be_done).run()
        return [
            dataclasses.replace(result, operation=operation)
            for result, operation in zip(results, operations, strict=True)
        ]

    # --- anything else ------------------------------------------------------------------------------------------------

    def request(
        self,
        method: str,
        path_or_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Response:
        """Any call to the configured host, with sign-in, throttle and retries.

        Args:
            method: HTTP method, in capitals.
            path_or_url: Below the API root, or a whole URL of the same host.
            headers: Further header fields.
            body: As it is to be sent.

        Raises:
            ConfigurationError: The URL belongs to another host; the token stays here.
            DynamicsError: Every response from status 300 on, and every failure to get one.
        """
        request = self._exchange.request(method, path_or_url, {"Accept": JSON, **(headers or {})}, body)
        return self._exchange.send(request, Intent.of(method), lambda response: response).get()

    def pages_behind(self, first: Response, path_or_url: str, *, headers: Mapping[str, str]) -> Iterator[Page]:
        """The pages behind a first one that `request` returned; errors as of `pages`.

        Args:
            first: The first page.
            path_or_url: Where it came from.
            headers: With which.
        """
        request = self._exchange.request("GET", path_or_url, {"Accept": JSON, **headers})
        return PageReader(self._exchange, self._now, page_size=None).pages(request, first)

    def close(self) -> None:
        """Close the connections."""
        if self._own_transport is not None:
            self._own_transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _get(
        self, path_or_url: str, read: Callable[[bytes], T], *, accept: str = JSON, most_bytes: int = ANSWER_BYTES
    ) -> T:
        request = self._exchange.request("GET", path_or_url, {"Accept": accept})
        request = dataclasses.replace(request, most_bytes=most_bytes)
        return self._exchange.send(request, Intent.READ, lambda response: read(response.body)).get()

    def _write(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        etag: str | None = None,
        read: Callable[[bytes], dict[str, Any]] = odata_pages.row,
        is_due: Callable[[DynamicsError], bool] = lambda _: True,
    ) -> dict[str, Any]:
        headers = {"Accept": JSON}
        if body is not None:
            headers["Content-Type"] = JSON
        if etag is not None:
            headers["If-Match"] = etag
        request = self._exchange.request(method, path, headers, None if body is None else encode_json(body))
        return self._exchange.send(
            request, Intent.of(method), lambda response: read(response.body), is_due=is_due
        ).get()


def _nothing(_: bytes) -> dict[str, Any]:
    """An action answers with nothing, or with a scalar that nobody asked for."""
    return {}


def number_of_rows(body: bytes) -> int:
    """What a count says, by itself or inside a batch, where it may stand as text.

    Raises:
        UnexpectedAnswer: It says no number. Repeatable, also when it is an error: the service gives up pages that way.
    """
    try:
        return decode(_NUMBER, body.strip(b'"'), wanted="a number of rows")
    except UnexpectedAnswer as error:
        raise error.replacing(repeat=Repeat.BRIEFLY) from error


def _checked_length(url: str) -> str:
    path, _, query = url.partition("?")
    if is_too_long(url):
        raise QueryTooLong(
            f"The query of {path} has {len(query)} characters and the service takes {QUERY_STRING_CHARACTERS}: "
            "ask for fewer values at once."
        )
    return url
