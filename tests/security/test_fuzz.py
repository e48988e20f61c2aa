"""Whatever comes from outside: what was wanted, or an error of ours in one sentence, in bounded time."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import math
import os
import random
import sqlite3
import tempfile
import time
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest
from client.scripted_service import ROOT, World
from client.test_metadata import DOCUMENT
from emulator.in_process import open_desk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tap.desk_runs import DeskTransport, desk_config, run_at
from tap.desk_service import DeskService
from tap.living_source import small_route, small_source

from dynamics_bc_cli.outcomes_file import Wanted, counted, outcomes_of, runs
from dynamics_bc_client.device_code import begin_sign_in
from dynamics_bc_client.errors import ConfigurationError, DynamicsError
from dynamics_bc_client.odata.batch import Operation, decode_batch
from dynamics_bc_client.odata.metadata import parse_metadata
from dynamics_bc_client.odata.pages import RowKeys, check_page, row, rows
from dynamics_bc_client.odata.query import Query, encode, equals
from dynamics_bc_client.responses import error_details, retry_after_seconds, served_at
from dynamics_bc_client.settings import Secret
from dynamics_bc_client.token_requests import to_tokens
from dynamics_bc_client.token_storage import TokenStorage
from dynamics_bc_client.transport import Headers, Request, Response
from dynamics_bc_emulator.odata.filters import holds, parse_filter
from dynamics_bc_plugin.config_file import parsed_object
from dynamics_bc_plugin.connection import CONNECTION, read_connection
from dynamics_bc_plugin.state_file import read_state
from tap_dynamics_bc.files.folder import FileFolder, KeptFile
from tap_dynamics_bc.settings import TAP, TapSettings
from tap_dynamics_bc.streams.discovery import describe_streams
from tap_dynamics_bc.streams.filters import checked_filters
from tap_dynamics_bc.tap import TapDynamicsBC
from target_dynamics_bc.kept.id_map import IdMap
from target_dynamics_bc.kept.job_state import read_done
from target_dynamics_bc.kept.memory import Memory
from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.settings import TARGET, TargetSettings
from target_dynamics_bc.target import TargetDynamicsBC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_dynamics_bc.streams.description import Stream

# What is long is meant to be.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

LONGEST_MESSAGE = 3_000
SECONDS = 5.0
FEW = settings(max_examples=40, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=2_000, derandomize=False, suppress_health_check=list(HealthCheck))

NUMBERS = st.sampled_from(
    ["9e999999", "-9e999999999", "1e-999999999", "9" * 5_000, "0." + "9" * 5_000, "-0", "NaN", "Infinity", "00", "1E5"]
)
TEXTS = st.sampled_from(
    [
        "\\ud83d",
        "\\u0000",
        "\\udc00\\ud83d",
        "\x1b[31m",
        "0001-01-01",
        "../../etc/passwd",
        "a" * 5_000,
        "_x002D_",
        "{}",
        "\ufeff",
        "'",
        "$batch",
    ]
)
NAMES = st.sampled_from(
    [
        *(
            "value",
            "error",
            "code",
            "message",
            "@odata.nextLink",
            "id",
            "responses",
            "status",
            "headers",
            "body",
            "number",
        ),
        *("access_token", "refresh_token", "expires_in", "error_description", "error_codes", "interval", "device_code"),
        *("type", "stream", "schema", "record", "key_properties", "bookmarks", "partitions", "context", "singer_state"),
        *("dimensions", "dimension_mappings", "vendors", "lineItems", "user_code", "verification_uri", "displayName"),
    ]
)


def _joined(begin: str, end: str) -> Callable[[list[str]], str]:
    return lambda parts: begin + ",".join(parts) + end


SCALARS = st.one_of(
    NUMBERS,
    TEXTS.map(lambda text: f'"{text}"'),
    st.sampled_from(["null", "true", "false", "200", "400", "1", '"1"', '"https://bc.example/x"', "[]", "{}"]),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(_joined("[", "]")),
        st.lists(st.tuples(NAMES, inner).map(lambda pair: f'"{pair[0]}":{pair[1]}'), max_size=5).map(_joined("{", "}")),
    ),
    max_leaves=12,
)
DEEP = st.tuples(
    st.sampled_from(["[", '{"value":[', '{"error":', '{"a":', '[{"id":']),
    st.sampled_from([50, 300, 700, 990, 1_100, 100_000]),
).map(lambda deep: (deep[0] * deep[1])[:2_000_000])
DEEP_AND_CLOSED = st.tuples(
    st.sampled_from([("[", "]"), ('{"error":', "}"), ('{"value":[', "]}"), ('{"a":', "}")]),
    st.sampled_from([100, 300, 480, 700, 900, 990, 3_000]),
).map(lambda deep: deep[0][0] * deep[1] + "1" + deep[0][1] * deep[1])


def mutated(*documents: str) -> st.SearchStrategy[str]:
    """A document with pieces taken out, doubled, moved or replaced."""

    def mutate(seed: int) -> str:
        chosen = random.Random(seed)
        text = chosen.choice(documents)
        for _ in range(chosen.randint(1, 6)):
            start = chosen.randrange(len(text) + 1)
            end = min(len(text), start + chosen.choice([0, 1, 5, 50, len(text)]))
            piece = chosen.choice(
                [
                    "",
                    text[start:end] * 2,
                    chr(chosen.randrange(1, 0x2FF)),
                    "<",
                    ">",
                    '"',
                    "&x;",
                    "{",
                    "]",
                    "9" * 20,
                    ":",
                ]
            )
            text = text[:start] + piece + text[end:]
        return text

    return st.integers(0, 2**32).map(mutate)


PAGE = json.dumps(
    {
        "@odata.context": "x",
        "value": [{"@odata.etag": "W/1", "id": "1", "lines": [{"id": "2"}]}],
        "@odata.nextLink": f"{ROOT}/customers?aid=1",
    }
)
REPLIES = json.dumps(
    {
        "responses": [
            {"id": "1", "status": 200, "headers": {"a": "b"}, "body": {"id": "1"}},
            {"id": "2", "status": 404, "body": {"error": {"code": "x", "message": "y"}}},
        ]
    }
)
TOKENS = json.dumps(
    {"access_token": "abcdefghijkl", "expires_in": 3600, "refresh_token": "x", "error": "a", "error_codes": [1]}
)
FAULT = {"stage": "map", "field": "number", "code": "x", "message": "y"}
OUTCOME = json.dumps(
    {
        "run_id": "1",
        "at": "2026-01-01T00:00:00Z",
        "company_id": None,
        "stream": "vendors",
        "position": 1,
        "external_id": "1",
        "number": "1",
        "outcome": "rejected",
        "errors": [FAULT],
    }
)
MESSAGES = "\n".join(
    json.dumps(each)
    for each in (
        {
            "type": "SCHEMA",
            "stream": "vendors",
            "schema": {"properties": {"number": {"type": "string"}}},
            "key_properties": [],
        },
        {"type": "RECORD", "stream": "vendors", "record": {"number": "V1", "displayName": "A", "balance": 1.5}},
        {"type": "STATE", "value": {"bookmarks": {"vendors": {"at": 1}}}},
    )
)
_SENT = "\n".join(
    [
        MESSAGES.replace("balance", "phoneNumber").replace("1.5", '"1"'),
        json.dumps({"type": "SCHEMA", "stream": "journalEntries", "schema": {"properties": {}}, "key_properties": []}),
        json.dumps({"type": "RECORD", "stream": "journalEntries", "record": {"journal": "DEFAULT", "lines": [{}]}}),
    ]
)
BODIES = st.one_of(
    JSON.map(lambda text: text.encode("utf-8", "surrogatepass")),
    DEEP.map(str.encode),
    DEEP_AND_CLOSED.map(str.encode),
    st.binary(max_size=200),
    mutated(PAGE, REPLIES, TOKENS).map(lambda text: text.encode()),
)
DOCUMENTS = st.one_of(
    mutated(DOCUMENT).map(str.encode),
    st.binary(max_size=100),
    st.sampled_from(
        [
            b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>',
            b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
            b'<!DOCTYPE a [<!ENTITY b SYSTEM "http://evil.example/">]><a>&b;</a>',
            b"<a>" * 50_000,
            b"<a>" * 50_000 + b"</a>" * 50_000,
            b'<?xml version="1.0" encoding="utf-16"?><a/>',
            b'<?xml version="1.0" encoding="no-such"?><a/>',
        ]
    ),
)
FIELDS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            *("1e9", "-5", "9" * 400, "9" * 5_000, "nan", "inf", "\u0663", "Fri, 31 Dec 9999 23:59:59 GMT", "0"),
            *(
                "Fri, 31 Dec 9999 23:59:59 -2359",
                "Mon, 01 Jan 0001 00:00:00 GMT",
                "Mon, 99 Zzz 99999 99:99:99 +9999",
                "1,2",
            ),
        ]
    ),
)


@contextlib.contextmanager
def nothing_but_ours(longest: float = LONGEST_MESSAGE) -> Iterator[None]:
    began = time.process_time()
    try:
        yield
    except DynamicsError as error:
        for message in (error.message, error.explained, *getattr(error, "problems", ())):
            assert message, "an error says nothing"
            assert len(message) < longest, f"{len(message)} characters: {message[:200]}"
            assert "Traceback" not in message
    assert time.process_time() - began < SECONDS


SURFACES: dict[str, Callable[[], Any]] = {}
"""What comes from outside, by name, as properties of hypothesis: `make fuzz` has atheris look for their examples."""


def fuzzed(*strategies: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Any]:
    """A test with few examples in the suite, and a slow one with many."""

    def decorate(check: Callable[..., None]) -> Any:
        def surface() -> Any:
            @given(st.tuples(*strategies))
            def examined(values: tuple[Any, ...]) -> None:
                with nothing_but_ours():
                    check(*values)

            return examined

        @pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=pytest.mark.slow)], ids=["few", "many"])
        def test(examples: settings) -> None:
            examples(surface())()

        SURFACES[check.__name__.removeprefix("test_")] = surface
        return test

    return decorate


@fuzzed(DOCUMENTS)
def test_metadata(document: bytes) -> None:
    parse_metadata(document)


KEYS = RowKeys(("id",), (("lines", RowKeys(("id",), (), many=True)),))


@fuzzed(BODIES, st.sampled_from([KEYS, RowKeys(), RowKeys(("id",))]))
def test_pages(body: bytes, keys: RowKeys) -> None:
    facts = check_page(body, root=f"{ROOT}/customers", keys=keys)
    assert facts.next_link is None or facts.next_link.startswith("https://bc.example")


@fuzzed(BODIES)
def test_rows(body: bytes) -> None:
    rows(body)


@fuzzed(BODIES)
def test_one_row(body: bytes) -> None:
    row(body)


@fuzzed(st.lists(BODIES, min_size=1, max_size=3), FIELDS)
def test_reads(bodies: list[bytes], field: str) -> None:
    world = World()
    world.will_answer(*(Response(200, {"Date": field, "Content-Type": field}, body) for body in bodies))
    world.will_go_on_answering(Response(200, {}, b'{"value": []}'))
    world.client().rows(Query("companies"))


@fuzzed(BODIES, st.booleans())
def test_batches(body: bytes, snapshot: bool) -> None:
    decode_batch(body, [Operation("1", "GET", "a"), Operation("2", "POST", "b", {})])
    world = World()
    world.will_go_on_answering(Response(200, {}, body))
    results = world.client().batch([Operation("1", "GET", "a"), Operation("2", "POST", "b", {})], snapshot=snapshot)
    assert len(results) == 2


@fuzzed(st.integers(100, 999), BODIES, FIELDS)
def test_refusals(status: int, body: bytes, field: str) -> None:
    details = error_details(body, Headers({"Retry-After": field, "request-id": field, "Date": field}))
    assert len(details.text) < 600
    world = World()
    world.will_go_on_answering(Response(status, {"Retry-After": field, "Date": field, "Server": field}, body))
    world.client().read("companies")


@fuzzed(FIELDS, FIELDS)
def test_waiting_times(field: str, date: str) -> None:
    seconds = retry_after_seconds(Headers({"Retry-After": field, "Date": date}))
    assert seconds is None or seconds >= 0
    served_at(Headers({"Date": date}))


@fuzzed(st.integers(100, 999), BODIES, FIELDS)
def test_token_answers(status: int, body: bytes, field: str) -> None:
    world = World()
    tokens = to_tokens(Response(status, {"Retry-After": field}, body), world.settings(), by="as the app app-1", now=0.0)
    assert tokens.access_token.reveal()
    assert tokens.expires_at is None or math.isfinite(tokens.expires_at)


@fuzzed(st.integers(100, 999), BODIES)
def test_device_codes(status: int, body: bytes) -> None:
    code = begin_sign_in(World().settings(), lambda _: Response(status, {}, body))
    assert math.isfinite(code.interval_seconds)
    assert math.isfinite(code.lifetime_seconds)


@fuzzed(st.one_of(JSON, DEEP, DEEP_AND_CLOSED, st.text(max_size=50)))
def test_files_that_hold_an_object(text: str) -> None:
    parsed_object(text, 'The config file "x"')


@fuzzed(st.lists(st.one_of(JSON, DEEP_AND_CLOSED, st.text(max_size=20)), max_size=3))
def test_state_files(lines: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.json"
        path.write_text("\n".join(lines), encoding="utf-8", errors="surrogatepass")
        read_state(path)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


VALUES = st.one_of(
    JSON.map(_value),
    st.text(max_size=20),
    st.sampled_from(
        [
            10**400,
            float("nan"),
            float("inf"),
            -1,
            "P9999999999Y",
            "PT1e9H",
            "9" * 400,
            "\ud800",
            b"x".decode(),
            {"a": {"b": "\ud800"}},
        ]
    ),
)


def spoiled(*documents: Any) -> st.SearchStrategy[Any]:
    """A document that is sound but for a few of its values, names and places."""

    @st.composite
    def spoil(draw: st.DrawFn) -> Any:
        document = copy.deepcopy(draw(st.sampled_from(documents)))
        for _ in range(draw(st.integers(1, 4))):
            holders = list(_holders(document))
            if not holders:
                break
            holder = holders[draw(st.integers(0, len(holders) - 1))]
            place = draw(st.sampled_from(list(holder) if isinstance(holder, dict) else range(len(holder))))
            change = draw(st.sampled_from(["replace", "replace", "remove", "rename", "double"]))
            if change == "remove":
                holder.pop(place)
            elif change == "double" and isinstance(holder, list):
                holder.append(copy.deepcopy(holder[place]))
            elif change == "rename" and isinstance(holder, dict):
                holder[draw(st.one_of(NAMES, st.text(max_size=5)))] = holder.pop(place)
            else:
                holder[place] = copy.deepcopy(draw(VALUES))
        return document

    return spoil()


def _holders(document: Any) -> Iterator[Any]:
    """All lists and objects in a document that hold anything."""
    if isinstance(document, dict | list) and document:
        yield document
        for each in document.values() if isinstance(document, dict) else document:
            yield from _holders(each)


@fuzzed(st.dictionaries(st.sampled_from([each.name for each in (*CONNECTION, *TAP, *TARGET)]), VALUES, max_size=4))
def test_settings(config: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        before = Path.cwd()
        os.chdir(folder)
        try:
            for read in (
                lambda: read_connection(config, environ={}),
                lambda: TapSettings.from_config(config),
                lambda: TargetSettings.from_config(config, standard_kinds()),
            ):
                # What somebody wrote into a config of their own is shown to them in full.
                with nothing_but_ours(longest=math.inf):
                    read()
        finally:
            os.chdir(before)


TENANT_CONFIG = {
    "hotglue_mapping": {"mapping": {"flow": {"customers": {"name": "displayName"}}}},
    "dimensions": {"class": "CLASS", "department": {"code": "DEPARTMENT", "values": ["A", "B"]}},
    "dimension_mappings": [{"prefix": "class", "code": "CLASS"}, {"name": "location", "dimension": "AREA"}],
}


@fuzzed(
    st.one_of(
        BODIES,
        JSON.map(lambda text: f'{{"dimensions": {text}}}'.encode("utf-8", "surrogatepass")),
        spoiled(TENANT_CONFIG).map(lambda each: json.dumps(each).encode()),
    )
)
def test_tenant_configs(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "tenant-config.json").write_bytes(content)
        TargetSettings.from_config({"snapshot_dir": folder}, standard_kinds())


@fuzzed(BODIES)
def test_kept_tokens(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "token.json").write_bytes(content)
        loaded = TokenStorage(World().settings(store_path=folder)).load(0.0)
        assert loaded is None or isinstance(loaded.access_token, Secret)


JOB_STATE = {
    "bookmarks": {"vendors": [{"success": True, "hash": "a", "id": "1", "externalId": "e"}]},
    "summary": {"vendors": {"success": 1}},
}


@fuzzed(st.one_of(spoiled(JOB_STATE).map(json.dumps), mutated(json.dumps(JOB_STATE)), JSON))
def test_states_of_jobs(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "incremental_target_state.json"
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
        for (stream, digest), record_id in read_done(path).items():
            assert isinstance(stream, str)
            assert isinstance(digest, str)
            assert isinstance(record_id, str | None)


@fuzzed(
    st.one_of(mutated('InputId,RemoteId\nA,1\n"B",2\n').map(str.encode), BODIES),
    TEXTS.filter(lambda text: len(text) < 100),
)
def test_id_maps(content: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "vendors_flow.snapshot.csv").write_bytes(content)
        found = IdMap(Path(folder), "flow")
        for sink in ("vendors", name):
            assert isinstance(found.remote_id(sink, "A"), str | None)


@cache
def _memory() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        Memory(Path(folder)).close()
        return (Path(folder) / "ledger.sqlite").read_bytes()


@fuzzed(st.integers(0, 2**32))
def test_damaged_memories(seed: int) -> None:
    chosen = random.Random(seed)
    content = bytearray(_memory())
    for _ in range(chosen.randint(1, 40)):
        content[chosen.randrange(len(content)) if chosen.random() < 0.5 else chosen.randrange(200)] = chosen.randrange(
            256
        )
    del content[chosen.choice([len(content), chosen.randrange(len(content))]) :]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "ledger.sqlite").write_bytes(content)
        Memory(Path(folder)).close()


STRANGE = (
    *(b"\xff\x00", "x" * 100_000, "[" * 5_000, '{"a": 1}', "[]", "null", "\x1b[31m", "", -1, 2**62, 1.5, float("inf")),
    *("0001-01-01", "9999-12-31T23:59:59Z", "../x", "https://evil.example/x", "'); drop table units; --", None),
)


def spoil_database(path: Path, seed: int) -> None:
    """Put something strange into a database that a run left, as another release or somebody else would have."""
    chosen = random.Random(seed)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        for _ in range(chosen.randint(1, 5)):
            table = chosen.choice(tables)
            columns = [each[1] for each in database.execute(f'pragma table_info("{table}")')]
            column = chosen.choice(columns or ["none"])
            change = chosen.choice(
                [f'update "{table}" set "{column}" = ?'] * 8
                + [
                    f'drop table "{table}"',
                    f'alter table "{table}" drop column "{column}"',
                    f'alter table "{table}" rename column "{column}" to other',
                    f'delete from "{table}"',
                    f'create trigger other before insert on "{table}" begin select raise(fail, "no"); end',
                    f"pragma user_version = {chosen.randrange(100)}",
                    f'create view if not exists "{column}" as select * from "{table}"',
                ]
            )
            with contextlib.suppress(sqlite3.Error):
                database.execute(change, (chosen.choice(STRANGE),) if "?" in change else ())
    if chosen.random() < 0.3:
        content = bytearray(path.read_bytes())
        for _ in range(chosen.randint(1, 20)):
            content[chosen.randrange(len(content))] = chosen.randrange(256)
        path.write_bytes(content)


@cache
def _used_memory() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        _run_target(_SENT, store_path=folder)
        return (Path(folder) / "ledger.sqlite").read_bytes()


@fuzzed(st.integers(0, 2**32))
def test_memories_of_others(seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        path.write_bytes(_used_memory())
        spoil_database(path, seed)
        for _ in range(2):
            with nothing_but_ours():
                _run_target(_SENT, store_path=folder)


@cache
def _source() -> DeskTransport:
    return DeskTransport(small_source().desk, route=small_route())


def _run_tap(folder: str) -> None:
    run = run_at(_source(), {"store_path": folder, "deletes": "sweep"}, select=("customers",))
    if run.error is not None:
        raise run.error


@cache
def _used_index() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        _run_tap(folder)
        return (Path(folder) / "keys.sqlite").read_bytes()


@fuzzed(st.integers(0, 2**32))
def test_indexes_of_others(seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "keys.sqlite"
        path.write_bytes(_used_index())
        spoil_database(path, seed)
        for _ in range(2):
            with nothing_but_ours():
                _run_tap(folder)


@cache
def _discovered() -> dict[str, Any]:
    """The catalog of the small source, with some streams selected."""
    tap = TapDynamicsBC(config=desk_config(), transport=_source())
    catalog = json.loads(json.dumps(tap.catalog_dict))
    catalog["streams"] = [each for each in catalog["streams"] if each["tap_stream_id"] in {"customers", "companies"}]
    for stream in catalog["streams"]:
        stream["selected"] = True
        for each in stream["metadata"]:
            each["metadata"]["selected"] = True
    return catalog


@cache
def _reached() -> dict[str, Any]:
    """The state that a run of the small source ends with."""
    run = run_at(_source(), select=("customers", "companies"))
    return json.loads(run.output.splitlines()[-1])["value"]


def _run_with(**given: Any) -> None:
    run = run_at(_source(), **given)
    if run.error is not None:
        raise run.error
    for line in run.output.splitlines():
        assert json.loads(line)["type"] in {"SCHEMA", "RECORD", "STATE", "ACTIVATE_VERSION"}


@fuzzed(st.deferred(lambda: spoiled(_discovered())))
def test_catalogs(catalog: Any) -> None:
    if isinstance(catalog, dict):
        _run_with(catalog=catalog)


@fuzzed(st.deferred(lambda: spoiled(_reached())))
def test_states(state: Any) -> None:
    _run_with(state=state, select=("customers", "companies"))


FILTERS = (
    "number eq 'C10' and balance gt 1.5",
    "not (contains(displayName,'x''y') or lastModifiedDateTime ge 2026-01-01)",
)


@fuzzed(st.one_of(mutated(*FILTERS), st.text(max_size=40)), st.sampled_from(["customers", "Customers", "x", ""]))
def test_filters_of_streams(text: str, stream: str) -> None:
    with contextlib.suppress(ConfigurationError):
        checked = checked_filters({stream: text}, _streams())
        assert checked_filters(checked, _streams()) == checked


@cache
def _streams() -> dict[str, Stream]:
    return describe_streams(parse_metadata(DOCUMENT.encode()))


AT = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)


@cache
def _used_folder() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        _put_file(folder)
        return (Path(folder) / "media.sqlite").read_bytes()


def _put_file(folder: str) -> None:
    with FileFolder(Path(folder)) as files, files.aside() as content:
        files.known("pictures/1")
        content.begin()
        content.write(b"picture")
        kept = KeptFile("pictures/1.png", "one", content.bytes, content.sha256, "image/png", AT)
        files.keep("pictures/1", content, kept)


@fuzzed(st.integers(0, 2**32))
def test_folders_of_others(seed: int) -> None:
    with tempfile.TemporaryDirectory() as above:
        folder, other = Path(above) / "media", Path(above) / "x"
        folder.mkdir()
        other.write_bytes(b"of somebody else")
        (folder / "media.sqlite").write_bytes(_used_folder())
        spoil_database(folder / "media.sqlite", seed)
        with nothing_but_ours():
            _put_file(str(folder))
        assert other.read_bytes() == b"of somebody else"


@fuzzed(
    st.one_of(
        st.text(max_size=60),
        st.sampled_from(
            ["'", "''", "x' or number eq 'y", "') or ('1' eq '1", "%27", "&$top=1", "a+b", "\\'", "\u2019"]
        ),
    )
)
def test_filters(text: str) -> None:
    """A text that a sender chose is one literal, and nothing that stands behind it."""
    customers = _service().desk.service.standard.catalogue.sets["customers"]
    asked = encode([("$filter", equals("displayName", text))])
    ((name, told),) = parse_qsl(asked, keep_blank_values=True, strict_parsing=True)
    node = parse_filter(told, customers, _service().desk.service.switches)
    assert name == "$filter"
    assert holds(node, {"displayName": text}, customers)
    assert not holds(node, {"displayName": f"{text}x"}, customers)


@fuzzed(st.lists(st.one_of(JSON, mutated(OUTCOME)), max_size=3))
def test_outcomes_files(lines: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        outcomes = Path(folder) / "outcomes.jsonl"
        outcomes.write_text("\n".join([*lines, ""]), encoding="utf-8", errors="surrogatepass")
        for read in (lambda: counted(outcomes_of(outcomes, Wanted())), lambda: runs(outcomes)):
            with nothing_but_ours():
                read()


class _Service(DeskService):
    def _answer(self, request: Request) -> Response:
        if "/environments/" in request.url:
            return Response(200, {}, json.dumps({"value": [{"name": "Production", "type": "Sandbox"}]}).encode())
        return super()._answer(request)


@cache
def _service() -> DeskService:
    return _Service(open_desk())


@fuzzed(
    st.one_of(
        mutated(MESSAGES),
        JSON,
        DEEP_AND_CLOSED.map(lambda deep: MESSAGES.replace('"A"', deep, 1)),
        st.lists(JSON.map(lambda text: f'{{"type": "RECORD", "stream": "vendors", "record": {text}}}'), max_size=3).map(
            lambda lines: "\n".join([MESSAGES.partition("\n")[0], *lines])
        ),
    )
)
def test_singer_input(text: str) -> None:
    _run_target(text)


def _run_target(text: str, **further: Any) -> None:
    service = _service()
    target = TargetDynamicsBC(
        config=service.config(company="CRONUS International Ltd.", fail_on="never", **further),
        transport=service,
        sleep=lambda _: None,
    )
    with contextlib.closing(target), contextlib.redirect_stdout(io.StringIO()):
        target.listen(io.StringIO(text))
