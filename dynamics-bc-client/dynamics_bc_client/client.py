"""The calls that the tap, the target and the command make: environments, companies, metadata, pages, records, batches.

One client serves one environment and may be used by several threads at once: they share sign-in, throttle and
connections. Paths are relative to the root of the standard API (`companies(<guid>)/customers`), or whole URLs of the
same host.
"""

from __future__ import annotations

import dataclasses
import logging
import random as random_module
import threading
import time
from datetime import datetime, timezone
from itertools import count
from typing import TYPE_CHECKING, Any

from dynamics_bc_client import answers
from dynamics_bc_client.auth import SignIn
from dynamics_bc_client.batches import BatchRun
from dynamics_bc_client.companies import Company
from dynamics_bc_client.errors import (
    DynamicsError,
    PageBroken,
    QueryTooLong,
    RequestTimedOut,
    ServiceError,
    UnexpectedAnswer,
)
from dynamics_bc_client.exchange import Exchange, RequestSummary
from dynamics_bc_client.limits import QUERY_STRING_CHARACTERS, SMALLEST_PAGE_ROWS
from dynamics_bc_client.odata import pages as odata_pages
from dynamics_bc_client.odata.batch import Operation, Result, encode_json
from dynamics_bc_client.odata.metadata import Metadata, parse_metadata
from dynamics_bc_client.odata.pages import ANY_ROWS, Page, RowKeys
from dynamics_bc_client.odata.query import Expansion, Query
from dynamics_bc_client.odata.urls import join
from dynamics_bc_client.retry import Intent, Patience
from dynamics_bc_client.throttle import Throttle
from dynamics_bc_client.transport import RequestsTransport, Response, Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from typing_extensions import Self

    from dynamics_bc_client.settings import ConnectionSettings

__all__ = ["Client", "Company", "Environment", "RequestSummary"]

log = logging.getLogger(__name__)

JSON = "application/json"


@dataclasses.dataclass(frozen=True, slots=True)
class Environment:
    """An environment of the tenant; `record` is it as the service lists it."""

    name: str
    type: str
    aad_tenant_id: str
    record: dict[str, Any]


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
        patience: How long a request is repeated.
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
    ) -> None:
        self.settings = settings
        self._own_transport: RequestsTransport | None = None
        if transport is None:
            transport = self._own_transport = RequestsTransport(
                connections=settings.max_concurrent_requests, ca_bundle=settings.ca_bundle
            )
        self.sign_in = SignIn(settings, transport, clock=clock, now=now, sleep=sleep, random=random)
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
            patience=patience or Patience(),
        )
        self._metadata: dict[str | None, Metadata] = {}
        self._metadata_lock = threading.Lock()

    # --- what there is ------------------------------------------------------------------------------------------------

    def environments(self) -> list[Environment]:
        """The environments of the tenant that the token can see.

        Raises:
            DynamicsError: They could not be read.
        """
        response = self.request("GET", f"{self.settings.host_root}/environments/v1.2")
        return [
            Environment(
                name=str(record.get("name", "")),
                type=str(record.get("type", "")),
                aad_tenant_id=str(record.get("aadTenantId", "")),
                record=record,
            )
            for record in odata_pages.rows(response.body)
        ]

    def companies(self) -> list[Company]:
        """The companies of the environment, in the service's order.

        Raises:
            EnvironmentNotFound: The tenant has no such environment.
            DynamicsError: They could not be read.
        """
        return [Company.from_record(record) for record in self.rows(Query("companies"))]

    def metadata(self, route: str | None = None) -> Metadata:
        """What the standard API publishes, or another route (`publisher/group/version`); read once.

        Raises:
            DynamicsError: It could not be read.
        """
        with self._metadata_lock:
            if route not in self._metadata:
                url = f"{self.settings.route_root(route)}/$metadata"
                response = self.request("GET", url, headers={"Accept": "application/xml"})
                self._metadata[route] = parse_metadata(response.body)
            return self._metadata[route]

    # --- reading ------------------------------------------------------------------------------------------------------

    def pages(
        self, query: Query, *, page_size: int, from_primary: bool = False, keys: RowKeys = ANY_ROWS
    ) -> Iterator[Page]:
        """The pages of a query, each read when it is asked for.

        A page that takes too long (408, 504, no answer in time), or that the service broke off with an error inside it
        twice, is asked for again half as large, down to ten rows; the size that worked is kept for the pages behind it.

        Args:
            query: What to read.
            page_size: Rows of a page; the service caps it at 20,000.
            from_primary: Read where writes go, past a replica that may lag behind.
            keys: What every row must have to be one.

        Raises:
            QueryTooLong: Nothing was sent; split the filter, as `odata.query.any_of_chunks` does.
            PageBroken: The smallest page has an error in it, or a row without its key.
            UnexpectedAnswer: The answer is no page, or its next link leads to another host or to itself.
            DynamicsError: The service refused.
        """
        url: str | None = self._checked_length(join(self.settings.api_root, query.url))
        while url is not None:
            page = self._page(url, page_size, keys, from_primary=from_primary)
            yield page
            if page.next_link == url:
                raise UnexpectedAnswer(f"The page at {url} names itself as the next page.")
            page_size, url = page.page_size, page.next_link

    def rows(self, query: Query, *, page_size: int = 500, from_primary: bool = False) -> list[dict[str, Any]]:
        """All rows of a query, decoded, numbers exact; arguments and errors as of `pages`."""
        return [
            row
            for page in self.pages(query, page_size=page_size, from_primary=from_primary)
            for row in odata_pages.rows(page.body)
        ]

    def count(self, query: Query) -> int:
        """How many rows a query has; its order and expansions make no difference.

        Raises:
            UnexpectedAnswer: The service did not count.
            DynamicsError: The service refused.
        """
        url = self._checked_length(join(self.settings.api_root, dataclasses.replace(query, expand=()).counting_url))
        # One row comes along: what the service does with a page of none is not known.
        headers = {"Accept": JSON, "Prefer": "odata.maxpagesize=1"}
        counted = odata_pages.row(self._exchange.send("GET", url, headers=headers, intent=Intent.READ).body)
        number = counted.get("@odata.count")
        if not isinstance(number, int):
            raise UnexpectedAnswer(f"The service did not count the rows of {query.path}.")
        return number

    def read(
        self,
        path: str,
        *,
        select: Sequence[str] = (),
        expand: Sequence[Expansion] = (),
        from_primary: bool = False,
    ) -> dict[str, Any]:
        """One entity by its path.

        Raises:
            RecordNotFound: There is none.
            DynamicsError: The service refused.
        """
        query = Query(path, select=tuple(select), expand=tuple(expand))
        url = self._checked_length(join(self.settings.api_root, query.url))
        headers = {"Accept": JSON, **_data_access(from_primary=from_primary)}
        return odata_pages.row(self._exchange.send("GET", url, headers=headers, intent=Intent.READ).body)

    # --- writing ------------------------------------------------------------------------------------------------------

    def create(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create an entity, with its children if the body nests them.

        Args:
            path: The entity set, such as `companies(<guid>)/customers`.
            body: Properties; decimals are sent with exactly their digits.

        Returns:
            The entity as the service echoes it.

        Raises:
            DynamicsError: With `outcome_unknown` when it may have been created all the same: look before repeating.
        """
        return odata_pages.row(self._write("POST", path, Intent.CREATE, body=body).body)

    def update(self, path: str, changes: Mapping[str, Any], *, etag: str = "*") -> dict[str, Any]:
        """Set properties of an entity.

        Args:
            path: The entity.
            changes: Properties and their new values.
            etag: The version these changes are based on; `*` for whichever is there.

        Returns:
            The entity as the service echoes it.

        Raises:
            RecordChanged: Somebody else changed it. With `outcome_unknown` when that may have been an earlier attempt
                of ours.
            DynamicsError: The service refused.
        """
        return odata_pages.row(self._write("PATCH", path, Intent.SET, body=changes, etag=etag).body)

    def delete(self, path: str, *, etag: str = "*") -> None:
        """Remove an entity; that it is gone after an attempt whose answer was lost counts as success.

        Raises:
            RecordNotFound: It was not there to begin with.
            DynamicsError: The service refused.
        """
        self._write("DELETE", path, Intent.SET, etag=etag)

    def act(self, path: str, action: str, body: Mapping[str, Any] | None = None) -> None:
        """Call an action bound to an entity, such as `post`. Posting cannot be taken back.

        Raises:
            DynamicsError: With `outcome_unknown` when it may have been done all the same: look before repeating.
        """
        self._write("POST", f"{path}/Microsoft.NAV.{action}", Intent.CREATE, body=body)

    def batch(self, operations: Sequence[Operation], *, snapshot: bool = False) -> list[Result]:
        """Send up to a hundred operations in one request.

        Args:
            operations: In the order in which the service does them.
            snapshot: All or nothing, in one transaction; else each operation stands for itself.

        Returns:
            One result per operation, in their order, whatever came back: an operation without a reply is `unknown`.

        Raises:
            ValueError: Over a hundred operations, or an id twice.
            SignInError: Nothing was done.
            ConfigurationError: Nothing was done.
        """
        return BatchRun(self._exchange, self.settings, operations, snapshot=snapshot).run()

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
            method: HTTP method.
            path_or_url: Below the API root, or a whole URL of the same host.
            headers: Further header fields.
            body: As it is to be sent.

        Raises:
            ConfigurationError: The URL belongs to another host; the token stays here.
            DynamicsError: Every answer from status 400 on, and every failure to get one.
        """
        url = join(self.settings.api_root, path_or_url)
        return self._exchange.send(
            method.upper(), url, headers={"Accept": JSON, **(headers or {})}, body=body, intent=Intent.of(method)
        )

    def close(self) -> None:
        """Close the connections."""
        if self._own_transport is not None:
            self._own_transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _page(self, url: str, size: int, keys: RowKeys, *, from_primary: bool) -> Page:
        """One page, asked for smaller as long as it takes too long or breaks off."""
        while True:
            try:
                return self._page_of_size(url, size, keys, from_primary=from_primary)
            except DynamicsError as error:  # noqa: PERF203 - a loop around the network
                if not (_took_too_long(error) or isinstance(error, PageBroken)) or size <= SMALLEST_PAGE_ROWS:
                    raise
                size = max(SMALLEST_PAGE_ROWS, size // 2)
                log.warning("%s Asking for pages of %d rows.", error.message, size)

    def _page_of_size(self, url: str, size: int, keys: RowKeys, *, from_primary: bool) -> Page:
        headers = {"Accept": JSON, "Prefer": f"odata.maxpagesize={size}", **_data_access(from_primary=from_primary)}

        def attempt(_: int) -> Page:
            response = self._exchange.send(
                "GET",
                url,
                headers=headers,
                intent=Intent.READ,
                # Asking for the same again would take as long again, unless it cannot be made smaller.
                repeatable=lambda error: size <= SMALLEST_PAGE_ROWS or not _took_too_long(error),
            )
            return Page(
                body=response.body,
                next_link=odata_pages.next_link(response.body, root=self.settings.api_root, keys=keys),
                url=url,
                served_at=answers.served_at(response.headers) or datetime.fromtimestamp(self._now(), timezone.utc),
                page_size=size,
            )

        broken = count(1)

        def worth_repeating(error: DynamicsError) -> bool:
            # One that breaks off is asked for as it was once more, and then smaller, as long as that can be done.
            if isinstance(error, PageBroken) and size > SMALLEST_PAGE_ROWS and next(broken) > 1:
                return False
            # Refusals have had their repeats by then; what is left are answers that are no page.
            return isinstance(error, UnexpectedAnswer) and error.repeatable

        return self._exchange.repeat(attempt, worth_repeating)

    def _write(
        self, method: str, path: str, intent: Intent, *, body: Mapping[str, Any] | None = None, etag: str | None = None
    ) -> Response:
        headers = {"Accept": JSON}
        if body is not None:
            headers["Content-Type"] = JSON
        if etag is not None:
            headers["If-Match"] = etag
        return self._exchange.send(
            method,
            join(self.settings.api_root, path),
            headers=headers,
            body=None if body is None else encode_json(body),
            intent=intent,
        )

    @staticmethod
    def _checked_length(url: str) -> str:
        length = len(url.partition("?")[2])
        if length > QUERY_STRING_CHARACTERS:
            raise QueryTooLong(
                f"The query of {url.partition('?')[0]} has {length} characters and the service takes "
                f"{QUERY_STRING_CHARACTERS}: ask for fewer values at once."
            )
        return url


def _took_too_long(error: DynamicsError) -> bool:
    if isinstance(error, RequestTimedOut):
        return error.sent
    return isinstance(error, ServiceError) and error.status in {408, 504}


def _data_access(*, from_primary: bool) -> dict[str, str]:
    return {"Data-Access-Intent": "ReadWrite"} if from_primary else {}
