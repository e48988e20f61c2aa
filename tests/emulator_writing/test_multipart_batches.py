"""`$batch` as `multipart/mixed`: messages as clients of OData 4.0 send them; groups and references in both forms."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pytest
from emulator.in_process import ROOT, json_of, open_desk

from dynamics_bc_emulator.refusals import Refusal
from dynamics_bc_emulator.serving.multipart_batch import read_operations
from dynamics_bc_emulator.values import decode, encode

if TYPE_CHECKING:
    from emulator.in_process import Desk

KIND = "multipart/mixed; boundary=batch_1"
# As a library for .NET writes it: a query, then a change set whose second request refers to the first.
DOTNET = """--batch_1\r
Content-Type: application/http\r
Content-Transfer-Encoding: binary\r
\r
GET {root}/companies({company})/vendors?$top=1&$select=number HTTP/1.1\r
Accept: application/json;odata.metadata=minimal\r
\r
\r
--batch_1\r
Content-Type: multipart/mixed; boundary=changeset_7\r
\r
--changeset_7\r
Content-Type: application/http\r
Content-Transfer-Encoding: binary\r
Content-ID: 1\r
\r
POST {root}/companies({company})/vendors HTTP/1.1\r
OData-Version: 4.0\r
Content-Type: application/json;odata.metadata=minimal\r
\r
{{"number":"M-1","displayName":"Made in a change set"}}\r
--changeset_7\r
Content-Type: application/http\r
Content-Transfer-Encoding: binary\r
Content-ID: 2\r
\r
{second}\r
--changeset_7--\r
--batch_1--\r
"""
PATCH = 'PATCH $1 HTTP/1.1\r\nIf-Match: *\r\nContent-Type: application/json\r\n\r\n{"city":"Hull"}\r\n'
BAD = 'POST companies(%s)/vendors HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{"nope":1}\r\n'
# As a library for JavaScript writes it: line feeds alone, relative urls, something before the first boundary.
JAVASCRIPT = """This is a multipart message.
--batch_1
Content-Type: application/http
Content-Transfer-Encoding: binary

GET companies({company})/companyInformation?$select=city HTTP/1.1

--batch_1
Content-Type: application/http
Content-Transfer-Encoding: binary

DELETE /api/v2.0/companies({company})/vendors({vendor}) HTTP/1.1
If-Match: *

--batch_1--"""


def send(desk: Desk, text: str, kind: str = KIND, **headers: str) -> list[Any]:
    """Replies to a message: per part the status, the body and the Content-ID; for a change set a list of them."""
    response = desk.ask("POST", "$batch", text.encode(), {"content-type": kind, **headers})
    assert response.status == 200, response
    return parts(response.body, response.headers["Content-Type"])  # type: ignore[arg-type]


def parts(body: bytes, kind: str) -> list[Any]:
    boundary = kind.partition("boundary=")[2].encode()
    *found, last = re.split(rb"\r\n--%b(?:\r\n|--\r\n)" % re.escape(boundary), b"\r\n" + body)[1:]
    assert last == b""
    return [part(text) for text in found]


def part(text: bytes) -> Any:
    head, _, content = text.partition(b"\r\n\r\n")
    mime = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    if mime["Content-Type"].startswith("multipart/mixed"):
        return parts(content, mime["Content-Type"])
    assert mime["Content-Type"] == "application/http"
    assert mime["Content-Transfer-Encoding"] == "binary"
    http, _, body = content.partition(b"\r\n\r\n")
    line, *lines = http.decode().split("\r\n")
    headers = dict(one.split(": ", 1) for one in lines)
    assert headers["Content-Length"] == str(len(body))
    return int(line.split()[1]), decode(body) if body else None, mime.get("Content-ID")


def numbers(desk: Desk) -> set[str]:
    return {row["number"] for row in desk.company.find("vendors")}


def dotnet(desk: Desk, second: str = PATCH) -> str:
    return DOTNET.format(root=ROOT, company=desk.company.id, second=second)


def test_a_query_and_a_change_set_with_a_reference_are_done(desk: Desk) -> None:
    query, change_set = send(desk, dotnet(desk))
    assert query[0] == 200
    assert list(query[1]["value"][0]) == ["@odata.etag", "number"]
    assert [(status, id_) for status, _, id_ in change_set] == [(201, "1"), (200, "2")]
    assert change_set[1][1]["city"] == "Hull"
    assert desk.company.first("vendors", number="M-1")["city"] == "Hull"  # type: ignore[index]


def test_a_change_set_that_fails_has_one_reply_and_leaves_nothing(desk: Desk) -> None:
    query, refusal = send(desk, dotnet(desk, BAD % desk.company.id))
    assert query[0] == 200
    assert (refusal[0], refusal[2]) == (400, "2")
    assert "Could not find a property" in refusal[1]["error"]["message"]
    assert "M-1" not in numbers(desk)


def test_line_feeds_relative_urls_and_absolute_paths_are_understood(desk: Desk) -> None:
    vendor = desk.create("vendors", {"number": "M-2", "displayName": "Leaves"})["id"]
    read, deleted = send(desk, JAVASCRIPT.format(company=desk.company.id, vendor=vendor))
    assert (read[0], read[1]["value"][0]["city"], read[2]) == (200, "London", None)
    assert deleted == (204, None, None)
    assert "M-2" not in numbers(desk)


def test_a_message_stops_at_its_first_failure_unless_it_asks_to_go_on(desk: Desk) -> None:
    message = f"--b\r\nContent-Type: application/http\r\n\r\n{BAD % desk.company.id}\r\n"
    message += (
        f"--b\r\nContent-Type: application/http\r\n\r\nGET companies({desk.company.id})/items?$top=1 HTTP/1.1\r\n"
    )
    message += "\r\n\r\n--b--"
    kind = 'multipart/mixed; charset=utf-8; boundary="b"'
    assert [reply[0] for reply in send(desk, message, kind)] == [400]
    assert [reply[0] for reply in send(desk, message, kind, prefer="odata.continue-on-error")] == [400, 200]


def test_a_snapshot_takes_everything_back(desk: Desk) -> None:
    before = numbers(desk)
    text = dotnet(desk).replace("--batch_1--", "--batch_1\r\nContent-Type: application/http\r\n\r\n%s--batch_1--")
    replies = send(desk, text % (BAD % desk.company.id), isolation="snapshot")
    assert [one[0] if isinstance(one, tuple) else [each[0] for each in one] for one in replies] == [
        200,
        [201, 200],
        400,
    ]
    assert numbers(desk) == before


def test_bytes_of_a_body_arrive_as_they_are() -> None:
    head = "Content-Type: application/http\r\n\r\nPATCH x HTTP/1.1\r\nContent-Length: 4\r\n\r\n"
    message = f"--b\r\n{head}".encode() + b"\x00\r\n\xff" + b"\r\n\r\n--b--"
    (operation,) = read_operations(message, "multipart/mixed;boundary=b")
    assert operation.body == b"\x00\r\n\xff"
    assert (operation.method, operation.url, operation.headers["content-length"]) == ("PATCH", "x", "4")


@pytest.mark.parametrize(
    ("body", "kind", "sentence"),
    [
        (b"", KIND, "does not end with its closing boundary"),
        (b"--batch_1\r\n", KIND, "does not end with its closing boundary"),
        (b"--batch_1--", "multipart/mixed", "must name its boundary"),
        (b"--batch_1\r\n\r\nhello\r\n--batch_1--", KIND, "must be an HTTP request"),
        (
            b"--b\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\n--c\r\n\r\nGET x HTTP/1.1\r\n\r\n--c--\r\n--b--",
            "multipart/mixed; boundary=b",
            "cannot contain a GET",
        ),
    ],
)
def test_what_is_no_batch_is_refused(body: bytes, kind: str, sentence: str) -> None:
    with pytest.raises(Refusal, match=sentence) as caught:
        read_operations(body, kind)
    assert caught.value.status == 400


def test_a_message_without_parts_has_no_replies(desk: Desk) -> None:
    assert send(desk, "--batch_1--") == []


def test_a_hundred_requests_are_the_most_here_too(desk: Desk) -> None:
    one = f"--batch_1\r\nContent-Type: application/http\r\n\r\nGET companies({desk.company.id}) HTTP/1.1\r\n\r\n\r\n"
    assert len(send(desk, one * 100 + "--batch_1--")) == 100
    response = desk.ask("POST", "$batch", (one * 101 + "--batch_1--").encode(), {"content-type": KIND})
    assert response.status == 500


# -- groups, dependencies and references in JSON -----------------------------------------------------------------------


def vendor(desk: Desk, id_: str, **more: Any) -> dict[str, Any]:
    url = more.pop("url", f"companies({desk.company.id})/vendors")
    body = more.pop("body", {"number": f"J-{id_.upper()}", "displayName": id_})
    return {"id": id_, "method": "POST", "url": url, "body": body, "headers": {"If-Match": "*"}, **more}


def batch(desk: Desk, *operations: dict[str, Any], **headers: str) -> list[dict[str, Any]]:
    response = desk.ask("POST", "$batch", {"requests": list(operations)}, headers)
    assert response.status == 200, response
    replies: list[dict[str, Any]] = json_of(response)["responses"]
    return replies


def statuses(replies: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(one["id"], one["status"]) for one in replies]


GO_ON = {"prefer": "odata.continue-on-error"}


def test_a_group_is_done_all_or_none(desk: Desk) -> None:
    bad = vendor(desk, "b", body={"nope": 1}, atomicityGroup="g")
    group = (vendor(desk, "a", atomicityGroup="g"), bad, vendor(desk, "c", atomicityGroup="g"))
    replies = batch(desk, *group, vendor(desk, "d"), **GO_ON)
    assert statuses(replies) == [("a", 424), ("b", 400), ("c", 424), ("d", 201)]
    assert numbers(desk) & {"J-A", "J-C", "J-D"} == {"J-D"}
    assert statuses(batch(desk, *group, vendor(desk, "e"))) == [("a", 424), ("b", 400), ("c", 424)]
    assert "J-E" not in numbers(desk)


def test_a_switch_leaves_groups_alone(desk: Desk) -> None:
    desk.service.switches = desk.service.switches.changed({"atomicity_groups": "ignore"})
    bad = vendor(desk, "b", body={"nope": 1}, atomicityGroup="g")
    assert statuses(batch(desk, vendor(desk, "a", atomicityGroup="g"), bad)) == [("a", 201), ("b", 400)]
    assert "J-A" in numbers(desk)


def test_what_depends_on_another_waits_for_it_and_fails_with_it(desk: Desk) -> None:
    first, last = vendor(desk, "a"), vendor(desk, "z", dependsOn=["a"])
    assert statuses(batch(desk, last, first)) == [("a", 201), ("z", 201)]
    bad = vendor(desk, "c", body={"nope": 1})
    replies = batch(desk, bad, vendor(desk, "d", dependsOn=["c"]), vendor(desk, "e", dependsOn=["d"]), **GO_ON)
    assert statuses(replies) == [("c", 400), ("d", 424), ("e", 424)]
    assert not numbers(desk) & {"J-D", "J-E"}


def test_an_operation_may_depend_on_a_group(desk: Desk) -> None:
    group = [vendor(desk, id_, atomicityGroup="g") for id_ in "ab"]
    assert statuses(batch(desk, vendor(desk, "c", dependsOn=["g"]), *group)) == [("a", 201), ("b", 201), ("c", 201)]


@pytest.mark.parametrize(
    ("dependencies", "sentence"), [((["b"], ["a"]), "in a circle"), ((["x"], []), "'x', which is not in the batch")]
)
def test_dependencies_that_lead_nowhere_are_refused(
    desk: Desk, dependencies: tuple[list[str], list[str]], sentence: str
) -> None:
    operations = [vendor(desk, id_, dependsOn=needed) for id_, needed in zip("ab", dependencies, strict=True)]
    status, _, message = desk.refused("POST", "$batch", {"requests": operations})
    assert status == 400
    assert sentence in message


def test_a_reference_stands_for_what_was_made_or_changed(desk: Desk) -> None:
    made = vendor(desk, "a")
    changed = vendor(desk, "b", method="PATCH", url="$a", body={"city": "Hull"})
    read = {"id": "c", "method": "GET", "url": "$b/defaultDimensions"}
    replies = batch(desk, made, changed, read, isolation="snapshot")
    assert statuses(replies) == [("a", 201), ("b", 200), ("c", 200)]
    assert replies[1]["body"]["number"] == "J-A"
    assert replies[2]["body"]["value"] == []


def test_a_reference_to_nothing_is_not_found(desk: Desk) -> None:
    assert statuses(batch(desk, {"id": "a", "method": "GET", "url": "$9/lines"})) == [("a", 404)]


def test_a_url_may_be_spelled_as_a_whole(desk: Desk) -> None:
    url = f"{ROOT}/companies({desk.company.id})/companyInformation"
    assert statuses(batch(desk, {"id": "a", "method": "GET", "url": url})) == [("a", 200)]
    assert statuses(batch(desk, {"id": "a", "method": "GET", "url": "http://other/x"})) == [("a", 404)]


# -- the two forms -----------------------------------------------------------------------------------------------------


def as_multipart(operations: list[dict[str, Any]]) -> bytes:
    """The same operations as a message; those of one group as a change set."""
    parts = []
    for group, members in groupby(operations, key=lambda one: one.get("atomicityGroup")):
        texts = [http_of(one) for one in members]
        if group is None:
            parts += texts
        else:
            inner = "".join(f"--{group}\r\n{text}\r\n" for text in texts)
            parts.append(f"Content-Type: multipart/mixed; boundary={group}\r\n\r\n{inner}--{group}--")
    return ("".join(f"--batch_1\r\n{part}\r\n" for part in parts) + "--batch_1--\r\n").encode()


def http_of(operation: dict[str, Any]) -> str:
    body = operation.get("body")
    text = "" if body is None else encode(body).decode()
    mime = f"Content-Type: application/http\r\nContent-ID: {operation['id']}\r\n"
    head = f"{operation['method']} {operation['url']} HTTP/1.1\r\nIf-Match: *\r\nContent-Length: {len(text)}\r\n"
    return f"{mime}\r\n{head}\r\n{text}"


@pytest.mark.parametrize("headers", [{}, GO_ON, {"isolation": "snapshot"}, {**GO_ON, "isolation": "snapshot"}])
@pytest.mark.parametrize("bad", [None, 0, 1, 3, 4])
def test_the_same_operations_do_the_same_in_both_forms(headers: dict[str, str], bad: int | None) -> None:
    ends = []
    for is_multipart in (False, True):
        desk = open_desk()
        operations = [vendor(desk, id_) for id_ in "abc"] + [vendor(desk, id_, atomicityGroup="g") for id_ in "de"]
        if bad is not None:
            operations[bad] = {**operations[bad], "body": {"nope": 1}}
        if is_multipart:
            response = desk.ask("POST", "$batch", as_multipart(operations), {"content-type": KIND, **headers})
        else:
            response = desk.ask("POST", "$batch", {"requests": operations}, headers)
        ends.append((response.status, numbers(desk)))
        desk.service.store.close()
    assert ends[0] == ends[1]
