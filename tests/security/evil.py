"""A service that means harm: its answers are those of the desk with names, links, keys, types and lengths of others."""

from __future__ import annotations

import copy
import json
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tap.desk_service import HOST, LOGIN, ROOT, DeskService

from dynamics_bc_client.transport import Response

if TYPE_CHECKING:
    from dynamics_bc_client.transport import Request

ELSEWHERE = "evil.example"
TEXTS = (
    f"https://{ELSEWHERE}/x",
    f"//{ELSEWHERE}/x",
    f"{HOST}@{ELSEWHERE}/x",
    f"{HOST}.{ELSEWHERE}/",
    f"http://{urlsplit(HOST).hostname}/x",
    f"https://{urlsplit(HOST).hostname}:444/x",
    f"{ROOT}/customers?page=2",
    "http://[::1",
    "https://user:pass@bc.example/x",
    "../../../../../../tmp/evil",
    "/etc/passwd",
    "..",
    ".",
    "",
    "a/b",
    "a\\..\\b",
    "C:\\evil",
    "CON",
    "x\x00y",
    "\x1b[31mred\x1b]0;x\x07",
    "\u202e",
    "name'); drop table units; --",
    "x) or (1 eq 1",
    "x,y",
    "?$top=1",
    "#",
    "%2e%2e%2f",
    "\udcff",
    "x" * 70_000,
    "2999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
    "99999-99-99",
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    2**70,
    1.5e300,
    [],
    {},
    [[]],
    [None],
    {"error": {"code": "x", "message": "y"}},
    "deep",
)


@dataclass
class Evil:
    """The desk, with a strange value in one answer of a few.

    Attributes:
        seed: Of the choices.
        often: One answer in so many is spoiled.
        metadata: Whether what the service publishes is spoiled as well.
        hosts: Scheme and host of all that was asked.
    """

    seed: int
    often: int = 4
    metadata: bool = True
    service: DeskService = field(default_factory=DeskService)
    hosts: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def __call__(self, request: Request) -> Response:
        parts = urlsplit(request.url)
        self.hosts.add(f"{parts.scheme}://{parts.netloc}")
        if parts.netloc not in {urlsplit(HOST).netloc, urlsplit(LOGIN).netloc}:
            return Response(200, {}, b"{}")
        if "/environments/" in request.url:
            response = Response(200, {}, json.dumps({"value": [{"name": "Production", "type": "Sandbox"}]}).encode())
        else:
            try:
                response = self.service(request)
            except AssertionError:  # the desk has no such place; a service says so
                return Response(
                    404, {}, json.dumps({"error": {"code": "BadRequest_NotFound", "message": "No."}}).encode()
                )
        if self._random.randrange(self.often) or request.url.startswith(LOGIN):
            return response
        if request.sink is not None:
            return Response(response.status, self._headers(response), response.body)
        if request.url.endswith("$metadata"):
            body = self._spoiled_document(response.body) if self.metadata else response.body
            return Response(response.status, response.headers, body)
        return Response(self._status(response), self._headers(response), self._spoiled(response.body))

    def close(self) -> None:
        """As of a transport of the network."""

    def _status(self, response: Response) -> int:
        return self._random.choice([response.status] * 6 + [200, 201, 204, 299, 302])

    def _headers(self, response: Response) -> dict[str, str]:
        return {
            **response.headers,
            "Location": self._random.choice(TEXTS[:6]),
            "Content-Location": f"https://{ELSEWHERE}/",
            "Content-Type": self._random.choice(["application/json", "text/html", "image/../../evil", ""]),
            "Content-Disposition": 'attachment; filename="../../evil"',
            "Date": self._random.choice([response.headers.get("Date", ""), "x", "Fri, 31 Dec 9999 23:59:59 GMT"]),
        }

    def _spoiled(self, body: bytes) -> bytes:
        try:
            decoded = json.loads(body)
        except ValueError:
            return body
        for _ in range(self._random.choice([1, 1, 3])):
            self._spoil(decoded)
        text = json.dumps(decoded, ensure_ascii=self._random.random() < 0.5)
        text = text.replace(
            '"deep"',
            self._random.choice(["[" * 900 + "]" * 900, "[" * 200 + "]" * 200, '{"a":' * 400 + "1" + "}" * 400]),
        )
        return text.encode("utf-8", "surrogatepass")

    def _spoil(self, decoded: Any) -> None:
        """Put something strange in some place of a body."""
        held = decoded
        while isinstance(held, dict | list) and held:
            key = self._random.choice(list(held)) if isinstance(held, dict) else self._random.randrange(len(held))
            if not isinstance(held[key], dict | list) or not held[key] or self._random.random() < 0.1:
                break
            held = held[key]
        if not isinstance(held, dict | list) or not held:
            return
        choice = self._random.random()
        value = self._random.choice(TEXTS) if choice < 0.7 else copy.deepcopy(self._random.choice(VALUES))
        if isinstance(held, list):
            held[key] = value
        elif choice < 0.1:
            held.pop(key)
        elif choice < 0.25:
            held[
                self._random.choice(
                    [
                        "@odata.nextLink",
                        f"{key}@odata.nextLink",
                        "error",
                        f"{key}@odata.mediaReadLink",
                        f"{key}@odata.mediaEditLink",
                    ]
                )
            ] = value
        else:
            held[key] = value

    def _spoiled_document(self, document: bytes) -> bytes:
        """A metadata document in which some names are others."""
        text = document.decode()
        names = [piece.partition('"')[0] for piece in text.split('Name="')[1:]]
        for name in self._random.sample(names, min(6, len(names))):
            other = self._random.choice(
                [
                    each
                    for each in TEXTS
                    if each.isprintable() and len(each) < 100 and "<" not in each and "&" not in each
                ]
            )
            text = text.replace(f'Name="{name}"', f'Name="{other}"', self._random.choice([1, 50]))
        return text.encode("utf-8", "replace")
