"""How deep may JSON be, on every version of Python?"""

from __future__ import annotations

import contextlib
import json

import msgspec
import pytest
from client.scripted_service import World

from dynamics_bc_client.errors import UnexpectedAnswer
from dynamics_bc_client.limits import JSON_LEVELS
from dynamics_bc_client.odata.batch import Operation
from dynamics_bc_client.odata.decoding import decode
from dynamics_bc_client.odata.nesting import check_nesting
from dynamics_bc_client.odata.pages import RowKeys, check_page, row, rows
from dynamics_bc_client.responses import error_details
from dynamics_bc_client.token_storage import write_back
from dynamics_bc_client.transport import Headers, Response

LISTS, OBJECTS = ("[", "]"), ('{"a":', "}")


def nested(levels, kind=LISTS):
    return kind[0] * levels + "1" + kind[1] * levels


@pytest.mark.parametrize("kind", [LISTS, OBJECTS], ids=["lists", "objects"])
@pytest.mark.parametrize("to", [str, str.encode], ids=["text", "bytes"])
def test_as_many_levels_as_there_may_be_are_not_too_many(kind, to):
    check_nesting(to(nested(JSON_LEVELS, kind)))
    for more in (1, 1_000, 100_000):
        with pytest.raises(RecursionError, match=f"more than {JSON_LEVELS} levels deep"):
            check_nesting(to(nested(JSON_LEVELS + more, kind)))


@pytest.mark.parametrize("text", ["[" * 1_000, "]" * 1_000, '\\"[' * 500, 'a"[' * 500, "\n[", '"' + "\\" * 999])
@pytest.mark.parametrize("to", [str, str.encode], ids=["text", "bytes"])
def test_brackets_in_texts_and_beside_each_other_are_no_levels(text, to):
    spelt = json.dumps({"text": text, "rows": [[{"a": []}]] * 1_000})
    check_nesting(to(spelt))
    with pytest.raises(RecursionError):
        check_nesting(to(f"[{spelt},{nested(JSON_LEVELS)}]"))


@pytest.mark.parametrize("text", ['"' + '\\"' * 1_000_000, '"[]' * 1_000_000, '"\\\\' * 700_000, '""' * 1_000_000])
def test_a_text_that_never_ends_takes_no_longer_than_one_that_does(text):
    """With an end at every quote that is tried, a megabyte would take an hour."""
    check_nesting("[]" * (JSON_LEVELS + 1) + text)


def test_levels_that_are_never_closed_are_as_many():
    with pytest.raises(RecursionError):
        check_nesting('{"a":[' * JSON_LEVELS)


DEEP = nested(2_000, OBJECTS)
READERS = {
    "a row": row,
    "rows": rows,
    "anything": lambda body: decode(msgspec.json.Decoder(), body, wanted="JSON"),
    "a page": lambda body: check_page(body, root=None, keys=RowKeys(("id",))),
}


@pytest.mark.parametrize("read", READERS.values(), ids=list(READERS))
@pytest.mark.parametrize("body", [DEEP, f'{{"value": [{DEEP}], "error": {DEEP}}}', f'{{"value": [{{"id": {DEEP}}}]}}'])
def test_what_is_read_of_an_answer_never_ends_in_the_depth_of_python(read, body):
    """A page's rows may stay as they came: nobody looks into what is deep in them."""
    with contextlib.suppress(UnexpectedAnswer):
        read(body.encode())


@pytest.mark.parametrize("levels", [300, 700, 2_000, 9_000])
@pytest.mark.parametrize("name", ["body", "headers", "id"])
def test_a_reply_of_a_batch_never_ends_in_the_depth_of_python(levels, name):
    world = World()
    odd = f'"{name}": {nested(levels, OBJECTS)}'
    body = f'{{"responses": [{{"id": "1", "status": 200, {odd}}}, {{"id": "2", "status": 200, "body": {{}}}}]}}'
    world.will_go_on_answering(Response(200, {}, body.encode()))
    first, second = world.client().batch([Operation("1", "PATCH", "a", {}), Operation("2", "PATCH", "b", {})])
    assert (first.ended, second.ended) in {("unknown", "done"), ("unknown", "unknown"), ("done", "done")}


def test_of_a_refusal_that_is_too_deep_the_text_is_shown():
    details = error_details(f'{{"error": {DEEP}}}'.encode(), Headers({}))
    assert details.text.startswith('{"error": {"a":')


def test_a_config_that_is_too_deep_is_not_written_back(tmp_path):
    config = tmp_path / "config.json"
    config.write_text(DEEP)
    with pytest.raises(RecursionError):
        write_back(config, None)
    assert config.read_text() == DEEP
