"""The service as HTTP shows it: a request in, status, headers and body out; no server, and nothing of our client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.values import decode, encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.in_process import Desk

ZERO = "00000000-0000-0000-0000-000000000000"
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; the names of the headers are in lower case, numbers of the JSON are exact."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return decode(self.content)

    @property
    def error(self) -> tuple[int, str, str]:
        """Status, code and message of a refusal, the message without its correlation id."""
        assert self.status >= 400, self
        error = self.json["error"]
        return self.status, error["code"], error["message"].partition("  CorrelationId:")[0]


@dataclass(frozen=True, slots=True)
class Api:
    """The demo company's API. Paths begin below the company, or below the root with a slash."""

    desk: Desk

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, **query: Any
    ) -> Answer:
        """Ask; a body that is no bytes is sent as JSON, a change and a deletion with `If-Match: *`."""
        kind = {} if isinstance(body, bytes) else {"content-type": JSON}
        response = self.desk.ask(method, path, body, {**kind, **(headers or {})}, **query)
        told = b"" if response.body is None else response.body
        answered = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, answered, told if isinstance(told, bytes) else encode(told))

    def get(self, path: str, **query: Any) -> Any:
        """A row, or what a read returns; query options without their `$`."""
        return self._answered(200, self.call("GET", path, **query)).json

    def rows(self, path: str, **query: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.get(path, **query)["value"]
        return rows

    def row(self, path: str, **equal: str) -> dict[str, Any]:
        """The one row whose properties have these values."""
        (row,) = self.rows(path, filter=" and ".join(f"{name} eq '{value}'" for name, value in equal.items()))
        return row

    def id(self, path: str, **equal: str) -> str:
        return str(self.row(path, **equal)["id"])

    def post(self, path: str, body: Mapping[str, Any], **query: Any) -> dict[str, Any]:
        """Create a row; gives it as the service shows it."""
        row: dict[str, Any] = self._answered(201, self.call("POST", path, body, **query)).json
        return row

    def patch(self, path: str, body: Mapping[str, Any], **query: Any) -> dict[str, Any]:
        row: dict[str, Any] = self._answered(200, self.call("PATCH", path, body, **query)).json
        return row

    def put(self, path: str, content: bytes, kind: str = "application/octet-stream") -> None:
        """Upload content."""
        self._answered(204, self.call("PUT", path, content, {"content-type": kind}))

    def delete(self, path: str) -> None:
        self._answered(204, self.call("DELETE", path))

    def act(self, path: str, action: str) -> Answer:
        """Run a bound action; gives its answer, whose `location` may lead to what it made."""
        return self._answered(204, self.call("POST", f"{path}/Microsoft.NAV.{action}"))

    def content(self, path: str) -> bytes:
        return self._answered(200, self.call("GET", path)).content

    def is_there(self, path: str) -> bool:
        status = self.call("GET", path).status
        assert status in {200, 404}, status
        return status == 200

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, str, str]:
        """Status, code and message of a refusal."""
        return self.call(method, path, body, **query).error

    def plant(self, entity_set: str, **values: Any) -> dict[str, Any]:
        """A row that no request can make, in the company's tables."""
        return self.desk.company.insert(entity_set, values)

    @staticmethod
    def _answered(status: int, answer: Answer) -> Answer:
        assert answer.status == status, answer
        return answer
