"""What may come back from a service in place of what it should answer?

An answer has a name that says it all, so that a plan that is printed can be told again: `503/soon/html/after` is a 503
that asks for a wait of "soon", with a page of HTML, and comes when the request was carried out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from campaign.befallen import note

from dynamics_bc_client.errors import ConnectionLost, RequestTimedOut
from dynamics_bc_client.transport import Headers, Response

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from dynamics_bc_client.transport import Request

STATUSES = (
    *(301, 302, 307, 400, 401, 403, 404, 405, 406, 408, 409, 410, 412, 413, 414, 415, 422, 423, 424, 428, 429, 431),
    *(500, 501, 502, 503, 504),
)
WAITS: dict[str, str | None] = {
    "none": None,
    "0": "0",
    "1": "1",
    "negative": "-1",
    "blank": "",
    "soon": "soon",
    "half": "0.5",
    "two": "1, 2",
    "wide": "\N{FULLWIDTH DIGIT TWO}",
    "superscript": "\N{SUPERSCRIPT TWO}",
    "endless": "99999999999999999999",
    "infinite": "1e999",
    "past": "Wed, 21 Oct 2015 07:28:00 GMT",
    "future": "Fri, 31 Dec 9999 23:59:59 GMT",
    "no-date": "Fri, 99 Dec 9999 99:59:59 GMT",
}
ELSEWHERE = "http://elsewhere.example"
BODIES: dict[str, bytes] = {
    "json": b'{"error":{"code":"Application_DialogException","message":"It broke.  CorrelationId:  1."}}',
    "unavailable": b'{"error":{"code":"Application_UnavailableException","message":"The service is busy."}}',
    "html": b"<html><head><title>502 Bad Gateway</title></head><body>\x1b[31mproxy</body></html>",
    "empty": b"",
    "xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbb">]><error xmlns=""><message>&b;</message></error>',
    "deep": b"[" * 100_000,
    "deeper": b'{"error":' * 5_000 + b"1" + b"}" * 5_000,
    "latin": '{"error":{"code":"Fehler","message":"Gesch\xe4ft"}}'.encode("latin-1"),
    "null": b"null",
    "list": b"[1]",
    "number": b"17",
    "odd": b'{"error":{"code":7,"message":["\\ud800"]}}',
}
MOMENTS = ("before", "after")


def cut(response: Response) -> Response:
    return replace(response, body=response.body[: len(response.body) // 2])


def with_body(body: bytes) -> Callable[[Response], Response]:
    return lambda response: replace(response, body=body)


def with_page(change: Callable[[dict[str, Any]], Any]) -> Callable[[Response], Response]:
    """A page with something else in it; what is no page is left as it is."""

    def changed(response: Response) -> Response:
        page = json_of(response)
        if not isinstance(page, dict) or not isinstance(page.get("value"), list):
            return response
        change(page)
        return replace(response, body=json.dumps(page).encode())

    return changed


def with_date(date: str | None) -> Callable[[Response], Response]:
    def changed(response: Response) -> Response:
        headers = {name: value for name, value in response.headers.items() if name.lower() != "date"}
        return replace(response, headers=Headers(headers if date is None else {**headers, "Date": date}))

    return changed


def recoded(response: Response) -> Response:
    """A body in UTF-16; what is no text is recoded as if each of its bytes were a letter."""
    try:
        text = response.body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = response.body.decode("latin-1")
    return replace(response, body=text.encode("utf-16"))


def json_of(response: Response) -> Any:
    """A body's JSON, None if it is none."""
    try:
        return json.loads(response.body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


def with_replies(change: Callable[[list[Any]], list[Any]]) -> Callable[[Response], Response]:
    """A batch's replies in another way; what is no batch is left as it is."""

    def changed(response: Response) -> Response:
        told = json_of(response)
        if not isinstance(told, dict) or not isinstance(told.get("responses"), list) or not told["responses"]:
            return response
        return replace(response, body=json.dumps({"responses": change(told["responses"])}).encode())

    return changed


SPOILED: dict[str, Callable[[Response], Response]] = {
    "cut": cut,
    "nothing": with_body(b""),
    "a proxy's page": with_body(b"<html>Sign in to the Wi-Fi</html>"),
    "a number": with_body(b"1"),
    "null": with_body(b"null"),
    "deep": with_body(b'{"value":' + b"[" * 100_000),
    "an error": with_body(b'{"error":{"code":"Internal","message":"It broke."}}'),
    "a byte order mark": lambda response: replace(response, body=b"\xef\xbb\xbf" + response.body),
    "in another encoding": recoded,
    "no text": lambda response: replace(response, body=response.body.replace(b'":"', b'":"\xff\xfe')),
    "an error beside": with_page(lambda page: page.update(error={"code": "Internal", "message": "It broke."})),
    "an error as a row": with_page(lambda page: page["value"].append({"error": {"code": "Internal", "message": "."}})),
    "a row of nothing": with_page(lambda page: page["value"].append({})),
    "a row of text": with_page(lambda page: page["value"].append("row")),
    "rows of text": with_page(lambda page: page.update(value="rows")),
    "the rows twice": with_page(lambda page: page["value"].extend(list(page["value"]))),
    "a link elsewhere": with_page(lambda page: page.update({"@odata.nextLink": f"{ELSEWHERE}/api/v2.0/companies"})),
    "a link to a file": with_page(lambda page: page.update({"@odata.nextLink": "file:///etc/passwd"})),
    "a link that is none": with_page(lambda page: page.update({"@odata.nextLink": 7})),
    "no date": with_date(None),
    "no such date": with_date("yesterday"),
    "a clock ahead": with_date("Fri, 01 Jan 2100 00:00:00 GMT"),
    "a clock behind": with_date("Thu, 01 Jan 1970 00:00:00 GMT"),
    "replies in another order": with_replies(lambda replies: replies[::-1]),
    "a reply missing": with_replies(lambda replies: replies[:-1]),
    "a reply twice": with_replies(lambda replies: replies + replies[-1:]),
    "a reply of nobody": with_replies(lambda replies: [*replies, {"id": "nobody", "status": 204}]),
    "a reply without a status": with_replies(
        lambda replies: [{key: value for key, value in replies[0].items() if key != "status"}, *replies[1:]]
    ),
    "replies that are none": with_replies(lambda replies: ["?" for _ in replies]),
}
# What a read can stand: it is as if nothing had happened.
HARMLESS = frozenset({"a byte order mark", "replies in another order", "the rows twice", "a clock behind", "no date"})
BROKEN = ("lost before", "lost after", "timed out before", "timed out after")


@dataclass(frozen=True)
class Answer:
    """What comes back in place of the service's answer.

    Attributes:
        name: Says all of it.
        is_done: Whether the request is carried out.
    """

    name: str

    @property
    def is_done(self) -> bool:
        return self.name in SPOILED or self.name.endswith("after")

    @property
    def is_known(self) -> bool:
        """Whether the name means something."""
        status, *rest = self.name.split("/")
        known = [*map(str, STATUSES)], WAITS, BODIES, MOMENTS
        whole = len(rest) == 3 and all(part in each for part, each in zip([status, *rest], known, strict=True))
        return self.name in SPOILED or self.name in BROKEN or whole

    def __call__(self, send: Callable[[], Response]) -> Response:
        """What comes back.

        Raises:
            ConnectionLost: No answer.
            RequestTimedOut: None in time.
        """
        response = send() if self.is_done else None
        for name in names_of(self.name):
            note(name)
        if self.name in SPOILED:
            assert response is not None
            return SPOILED[self.name](response)
        if self.name.startswith("lost"):
            raise ConnectionLost("It broke.", sent=True)
        if self.name.startswith("timed out"):
            raise RequestTimedOut("It took too long.", sent=True)
        status, wait, body, _ = self.name.split("/")
        headers = {"Date": "Sun, 01 Mar 2026 08:00:00 GMT"}
        if status[0] == "3":
            headers["Location"] = f"{ELSEWHERE}/there"
        if (value := WAITS[wait]) is not None:
            headers["Retry-After"] = value
        return Response(int(status), headers, BODIES[body])


def names_of(answer: str) -> tuple[str, ...]:
    """What of an answer is counted: its status and moment, what it asks to be waited for, and its body."""
    if answer in SPOILED or answer in BROKEN:
        return (f"answer: {answer}",)
    status, wait, body, moment = answer.split("/")
    return f"answer: {status} {moment} the work", f"waiting time: {wait}", f"body: {body}"


UNREAD = frozenset({"413", "414", "431"})
"""Statuses of a request that nobody has read, so that nothing of it can be done."""


def possible(name: str) -> str:
    """The answer that a name means: what nobody has read was not carried out."""
    status, *rest = name.split("/")
    return "/".join((status, *rest[:-1], "before")) if status in UNREAD and rest else name


def any_answer(chance: random.Random) -> str:
    """The name of one."""
    if chance.random() < 0.3:
        return chance.choice(sorted(SPOILED))
    if chance.random() < 0.15:
        return chance.choice(BROKEN)
    return status_answer(chance, chance.choice(STATUSES))


def status_answer(chance: random.Random, status: int) -> str:
    wait, body = chance.choice(sorted(WAITS)), chance.choice(sorted(BODIES))
    return f"{status}/{wait}/{body}/{chance.choice(MOMENTS)}"


def is_elsewhere(request: Request) -> bool:
    """Whether a request goes where an answer wanted it to."""
    return request.url.startswith(ELSEWHERE) or not request.url.startswith("http")
