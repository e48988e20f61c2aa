"""How do questions reach Business Central: many in few requests, and each with an answer of its own?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_client.limits import BATCH_OPERATIONS
from dynamics_bc_client.odata.batch import Operation
from dynamics_bc_client.odata.pages import rows as rows_of_page
from dynamics_bc_client.odata.query import Query
from dynamics_bc_client.odata.urls import company_path
from target_dynamics_bc.finding.asking import combined, parts, rows_for
from target_dynamics_bc.writing.answers import rows_of, together
from target_dynamics_bc.writing.in_flight import InFlight

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dynamics_bc_client.client import Client
    from dynamics_bc_client.odata.batch import Result
    from target_dynamics_bc.wanted.records import Row

FROM_PRIMARY = {"Data-Access-Intent": "ReadWrite"}
"""A question about what has just been written must not be answered by a replica that lags behind."""


class Questions:
    """Asks.

    Args:
        client: Talks to the service.
        checkpoint: Called before every request; raises when the run is to stop.
        in_flight: Carries questions, several at once; one after the other when None.
    """

    def __init__(self, client: Client, checkpoint: Callable[[], None], in_flight: InFlight | None = None) -> None:
        self._client = client
        self._checkpoint = checkpoint
        self._in_flight = in_flight or InFlight(1)

    def look(self, queries: Sequence[Query]) -> list[list[Row] | DynamicsError]:
        """The rows of each query, or why they could not be had: one that fails leaves the others alone.

        Raises:
            DynamicsError: The whole run cannot go on.
        """
        asked = combined(queries)
        answers: dict[int, list[Row] | DynamicsError] = {}
        alone: list[int] = []
        for question, answer in zip(asked, self._ask([each.query for each in asked]), strict=True):
            if isinstance(answer, DynamicsError) and len(question.places) > 1 and not answer.repeatable:
                alone += question.places  # one bad question, or too long an answer, is not to blind the others
                continue
            for place in question.places:
                answers[place] = answer if isinstance(answer, DynamicsError) else rows_for(queries[place], answer)
        answers |= zip(alone, self._ask([queries[place] for place in alone]), strict=True)
        return [answers[place] for place in range(len(queries))]

    def names(self, company_id: str, entity_set: str, number: str) -> list[tuple[str, str]]:
        """The display names of all rows of an entity set, each with its number, which is the property `number`.

        Raises:
            DynamicsError: They cannot be read.
        """
        self._checkpoint()
        url = Query(company_path(company_id, entity_set), ("id", number, "displayName")).url
        first = self._client.request("GET", url, headers=FROM_PRIMARY)
        pages = [first.body, *(page.body for page in self._client.pages_behind(first, url, headers=FROM_PRIMARY))]
        rows = (row for body in pages for row in rows_of_page(body))
        return [(str(row.get("displayName") or ""), str(row.get(number) or "")) for row in rows]

    def _ask(self, queries: Sequence[Query]) -> list[list[Row] | DynamicsError]:
        """The rows of each question, asked in its parts."""
        asked = [parts(query) for query in queries]
        answers = iter(self._ask_parts([part for each in asked for part in each]))
        return [together([next(answers) for _ in each]) for each in asked]

    def _ask_parts(self, queries: Sequence[Query]) -> list[list[Row] | DynamicsError]:
        envelopes = _in_envelopes(queries)
        if envelopes:
            self._checkpoint()
        brought = self._in_flight.all_of([partial(self._asked, [queries[place] for place in of]) for of in envelopes])
        results = [result for each in brought for result in each]
        for result in results:
            if result.error is not None and result.error.scope == "run":
                raise result.error
        by_place = dict(zip((place for of in envelopes for place in of), results, strict=True))
        return [_answer(by_place[place], query) for place, query in enumerate(queries)]

    def _asked(self, queries: Sequence[Query]) -> list[Result]:
        return self._client.batch(
            [
                Operation(str(place), "GET", query.url, headers={"Accept": "application/json", **FROM_PRIMARY})
                for place, query in enumerate(queries)
            ]
        )


def _answer(result: Result, query: Query) -> list[Row] | DynamicsError:
    return result.error if result.error is not None else rows_of(result.body or {}, query.select)


def _in_envelopes(queries: Sequence[Query]) -> list[list[int]]:
    """The places of the questions that travel together: at most a hundred, below one root of the API."""
    of_root: dict[str, list[int]] = {}
    for place, query in enumerate(queries):
        of_root.setdefault(query.path.partition("companies(")[0], []).append(place)
    return [
        places[start : start + BATCH_OPERATIONS]
        for places in of_root.values()
        for start in range(0, len(places), BATCH_OPERATIONS)
    ]
