"""`dynamics-bc verify`: does a destination hold what the service holds?"""

from __future__ import annotations

import json
import re
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest
from emulator.in_process import Desk, open_desk
from tap.desk_runs import DeskTransport, TapAtTheDesk, desk_config, run_at

from dynamics_bc_cli.commands import verify
from dynamics_bc_cli.verify import comparison
from dynamics_bc_cli.verify.databases import open_duckdb
from dynamics_bc_cli.verify.sides import Part
from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.transport import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

SELECT = ("customers", "currencies", "generalLedgerEntries", "salesInvoiceLines", "dimensionSetLines", "companies")
Command = "Callable[..., Any]"


class Bench:
    """A desk, a file that the tap has written, and the command."""

    def __init__(self, command: Callable[..., Any], tmp_path: Path) -> None:
        self.desk: Desk = open_desk()
        self.transport = DeskTransport(self.desk)
        self.file = tmp_path / "out.singer"
        self.config = tmp_path / "tap.json"
        self.config.write_text(json.dumps(desk_config()))
        self.state: dict[str, Any] = {}
        self._command = command

    @property
    def company(self) -> str:
        return self.desk.company.id

    def run(self, select: Sequence[str] = SELECT, **options: Any) -> None:
        """Let the tap write the file."""
        run = run_at(DeskTransport(self.desk), select=select, **options)
        assert run.error is None
        self.state = run.state
        self.file.write_bytes(run.output)

    def verify(self, *arguments: object, select: Sequence[str] = SELECT) -> Any:
        named = [option for name in select for option in ("--stream", name)]
        return self._command("verify", "--config", self.config, "--singer", self.file, *named, *arguments)

    def gone(self, entity_set: str, number: int = 0) -> str:
        """Delete a row behind the service's back."""
        row_id = str(self.desk.company.find(entity_set)[number]["id"])
        self.desk.company.delete(entity_set, row_id)
        return row_id


@pytest.fixture
def bench(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    made = Bench(command, tmp_path)
    # The command makes its tap itself; this one asks the desk in place of the network.
    monkeypatch.setattr(comparison, "TapDynamicsBC", partial(TapAtTheDesk, transport=made.transport))
    return made


def test_what_the_tap_has_written_agrees(bench: Bench):
    bench.run()
    ended = bench.verify()
    assert (ended.code, f"All {len(SELECT)} agree, as of 2026-03-01T08:00:00.000Z." in ended.err) == (0, True)
    rows = {row["stream"]: row for row in ended.json}
    assert rows.keys() == set(SELECT)
    assert all(row["agrees"] and row["hash_of_source"] == row["hash_of_destination"] for row in rows.values())
    assert rows["customers"]["rows_in_source"] == len(bench.desk.company.find("customers"))
    assert rows["salesInvoiceLines"]["rows_in_source"] > 10
    assert (rows["companies"]["company"], rows["companies"]["company_id"]) == ("", None)


def test_nothing_but_keys_and_stamps_is_read(bench: Bench):
    bench.run()
    bench.verify()
    (asked,) = [each.url for each in bench.transport.asked if re.search(r"/customers\?", each.url)]
    assert asked.endswith("$select=id,lastModifiedDateTime")


def test_the_filters_of_the_config_hold_for_both_sides(bench: Bench):
    filtered = {"filters": {"customers": "number lt '20000'"}}
    bench.run(select=["customers"], config=filtered)
    assert bench.verify(select=["customers"]).code == 1
    bench.config.write_text(json.dumps(desk_config(**filtered)))
    ended = bench.verify(select=["customers"])
    assert ended.code == 0
    assert 0 < ended.json[0]["rows_in_source"] < len(bench.desk.company.find("customers"))


def test_a_row_that_was_deleted_here_is_one_too_many_there(bench: Bench):
    bench.run()
    row_id = bench.gone("customers")
    ended = bench.verify("--differences", bench.file.with_suffix(".jsonl"))
    assert ended.code == 1
    assert f'1 of {len(SELECT)} do not agree, as of 2026-03-01T08:00:00.000Z: customers of "' in ended.err
    assert "(1 too many)" in ended.err
    (row,) = [row for row in ended.json if not row["agrees"]]
    assert (row["missing"], row["extra"], row["first_extra"]) == (0, 1, [row_id])
    assert json.loads(bench.file.with_suffix(".jsonl").read_text()) == {
        "stream": "customers",
        "company_id": bench.company,
        "id": row_id,
        "difference": "extra",
    }


def test_a_record_that_is_lost_is_missing_there(bench: Bench):
    bench.run()
    lines = bench.file.read_text().splitlines(keepends=True)
    lost = next(line for line in lines if line.startswith('{"type":"RECORD","stream":"salesInvoiceLines"'))
    bench.file.write_text("".join(line for line in lines if line is not lost))
    ended = bench.verify()
    assert ended.code == 1
    (row,) = [row for row in ended.json if not row["agrees"]]
    assert (row["stream"], row["missing"], row["first_missing"]) == (
        "salesInvoiceLines",
        1,
        [json.loads(lost)["record"]["id"]],
    )


def test_many_ids_are_counted_and_some_are_shown(bench: Bench):
    bench.run(select=["companies"])
    ended = bench.verify("--first", 2, select=["customers"])
    (row,) = ended.json
    assert row["missing"] == len(bench.desk.company.find("customers")) > 2
    assert len(row["first_missing"]) == 2


def test_what_came_since_the_last_run_is_not_missing_when_its_state_is_given(bench: Bench, tmp_path: Path):
    bench.run()
    (tmp_path / "state.json").write_text(json.dumps(bench.state))
    bench.desk.clock.set(bench.desk.clock().replace(hour=11))
    bench.desk.create("customers", {"displayName": "New"})
    bench.desk.clock.set(bench.desk.clock().replace(minute=1))
    assert bench.verify(select=["customers"]).code == 1
    ended = bench.verify("--state", tmp_path / "state.json", select=["customers"])
    assert ended.code == 0
    assert ended.json[0]["rows_in_source"] == len(bench.desk.company.find("customers")) - 1


def after_the_page(bench: Bench, change: Callable[[Response], Response]) -> None:
    """Change what the first page of customers brings, or what comes behind it."""

    def before(request: Request) -> None:
        if "/customers?" in request.url and not done:
            done.append(request)
            bench.transport.misfortunes.append(change)

    done: list[Request] = []
    bench.transport.before = before


def test_a_row_that_goes_while_it_is_read_is_not_missing(bench: Bench):
    bench.run(select=["customers"])
    row_id = str(bench.desk.company.find("customers")[0]["id"])
    lines = bench.file.read_text().splitlines(keepends=True)
    bench.file.write_text("".join(line for line in lines if row_id not in line))

    def delete(response: Response) -> Response:
        bench.gone("customers")
        return response

    after_the_page(bench, delete)
    ended = bench.verify(select=["customers"])
    assert (ended.code, ended.json[0]["missing"]) == (0, 0)
    assert ended.json[0]["rows_in_source"] == len(bench.desk.company.find("customers"))


def test_a_row_that_a_page_passes_over_is_asked_for_by_its_id(bench: Bench):
    bench.run(select=["customers"])

    def pass_over(response: Response) -> Response:
        page = json.loads(response.body)
        return Response(200, response.headers, json.dumps({**page, "value": page["value"][1:]}).encode())

    after_the_page(bench, pass_over)
    ended = bench.verify(select=["customers"])
    assert (ended.code, ended.json[0]["extra"]) == (0, 0)
    assert any(request.url.endswith("$batch") for request in bench.transport.asked)


def test_a_stream_that_cannot_be_read_is_not_known(bench: Bench):
    bench.run(select=["customers", "currencies"])
    from dynamics_bc_client.transport import Response

    refusal = Response(403, {}, b'{"error":{"code":"Internal_ServerError","message":"No permission."}}')

    def refuse(request: Any) -> None:
        if "/customers?" in request.url:
            bench.transport.misfortunes.append(refusal)

    bench.transport.before = refuse
    ended = bench.verify(select=["customers", "currencies"])
    assert ended.code == 1
    rows = {row["stream"]: row for row in ended.json}
    assert rows["currencies"]["agrees"]
    assert "No permission." in rows["customers"]["unknown"]


def test_what_the_destination_has_of_a_company_that_nobody_sees_is_told(bench: Bench):
    bench.run(select=["customers"])
    other = "99999999-0000-0000-0000-000000000000"
    with bench.file.open("a") as file:
        file.write(json.dumps({"type": "RECORD", "stream": "customers", "record": {"company_id": other, "id": "x"}}))
    ended = bench.verify(select=["customers"])
    assert ended.code == 1
    (row,) = [row for row in ended.json if not row["agrees"]]
    assert (row["company_id"], row["unknown"]) == (other, comparison.NOT_VISIBLE)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--singer", "none.singer"], "cannot be read (No such file or directory)"),
        (["--duckdb", "none.duckdb", "--schema", "x"], "DuckDB"),
        (["--index"], "There is no index of known keys"),
        (["--singer", __file__, "--differences", "none/differences.jsonl"], "The differences cannot be written to"),
    ],
)
def test_a_destination_that_is_not_there_is_said_before_anything_is_asked(
    bench: Bench, command: Any, tmp_path: Path, options: list[str], said: str
):
    bench.config.write_text(json.dumps({**desk_config(), "store_path": str(tmp_path / "store")}))
    ended = command("verify", "--config", bench.config, *options)
    assert (ended.code, bench.transport.asked) == (2, [])
    assert said in ended.err


def test_reports_are_left_out_and_said(bench: Bench):
    bench.run(select=["currencies"])
    ended = bench.verify(select=["currencies", "balanceSheets"])
    assert ended.code == 0
    assert "Not compared: balanceSheets, because a report is computed when it is read." in ended.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--stream", "custommers"], 'There is no stream "custommers" in this environment (did you mean customers?);'),
        (["--company", "Nobody"], "Nobody"),
        (["--duckdb", "x.duckdb"], "Name one destination"),
    ],
)
def test_a_wrong_question_ends_with_2(bench: Bench, arguments: list[str], said: str):
    bench.run(select=["currencies"])
    ended = bench.verify(*arguments, select=["currencies"])
    assert (ended.code, said in ended.err) == (2, True)


def test_the_command_has_help(command: Command):
    assert verify.verify.name == "verify"
    assert "Compare a destination with Business Central" in command("verify", "--help").out


def test_the_index_of_known_keys_agrees_and_tells_what_was_deleted(bench: Bench, command: Command, tmp_path: Path):
    config = {"store_path": str(tmp_path / "store"), "deletes": "sweep"}
    bench.run(select=["customers", "salesInvoiceLines"], config=config)
    bench.config.write_text(json.dumps(desk_config(**config)))
    arguments = (
        "verify",
        "--config",
        bench.config,
        "--index",
        "--stream",
        "customers",
        "--stream",
        "salesInvoiceLines",
    )
    agreed = command(*arguments)
    assert (agreed.code, [row["rows_in_destination"] > 2 for row in agreed.json]) == (0, [True, True])
    unwatched = command(*arguments, "--stream", "companies")
    assert (unwatched.code, len(unwatched.json)) == (0, 2)
    assert "Not compared: companies, because the index only holds rows of companies." in unwatched.err
    row_id = bench.gone("customers")
    ended = command(*arguments)
    assert (ended.code, ended.json[0]["first_extra"]) == (1, [row_id])


def test_an_index_that_is_not_there_is_named(bench: Bench, command: Command, tmp_path: Path):
    assert "--index needs store_path" in command("verify", "--config", bench.config, "--index").err
    bench.config.write_text(json.dumps(desk_config(store_path=str(tmp_path / "store"))))
    ended = command("verify", "--config", bench.config, "--index", "--stream", "customers")
    assert (ended.code, "There is no index of known keys in" in ended.err) == (2, True)


# --- DuckDB -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def duckdb() -> Any:
    if find_spec("duckdb") is None:
        pytest.skip("duckdb is not installed; `make setup` installs it")
    import duckdb

    return duckdb


def test_a_duckdb_file_that_a_loader_is_writing_is_told_from_a_broken_one(
    tmp_path: Path, duckdb: Any, monkeypatch: pytest.MonkeyPatch
):
    database = tmp_path / "warehouse.duckdb"
    database.write_text("no database")
    with pytest.raises(ConfigurationError, match="cannot be opened"), open_duckdb(database):
        pass

    def held(*_: object, **__: object) -> None:
        raise duckdb.IOException('IO Error: Could not set lock on file "warehouse.duckdb": Conflicting lock is held')

    monkeypatch.setattr(duckdb, "connect", held)
    with pytest.raises(ConfigurationError, match="is open in another program"), open_duckdb(database):
        pass


def test_tables_of_duckdb_agree_and_a_changed_one_does_not(bench: Bench, tmp_path: Path, duckdb: Any):
    bench.run()
    database = tmp_path / "warehouse.duckdb"
    records = [json.loads(line) for line in bench.file.read_text().splitlines()]
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema business_central")
        for stream in ("customers", "dimensionSetLines"):
            keys = ["company_id", *(("parentType", "parentId") if stream == "dimensionSetLines" else ()), "id"]
            columns = ", ".join(f"{key.lower()} varchar" for key in keys)
            table = f"business_central.{stream.lower()}"
            connection.execute(f"create table {table} ({columns}, _sdc_deleted_at timestamp)")
            rows = [each["record"] for each in records if each["type"] == "RECORD" and each["stream"] == stream]
            # As target-duckdb does, which reads a blank text of a CSV file as null.
            lines = [",".join((*(row[key].strip() for key in keys), "")) for row in rows]
            (tmp_path / f"{stream}.csv").write_text("\n".join(lines) + "\n")
            connection.execute(f"copy {table} from '{tmp_path / f'{stream}.csv'}' (header false)")
    streams = ("--stream", "customers", "--stream", "dimensionSetLines")
    arguments = ("verify", "--config", bench.config, "--duckdb", database, "--schema", "business_central", *streams)
    agreed = bench._command(*arguments)
    assert (agreed.code, [row["rows_in_destination"] > 2 for row in agreed.json]) == (0, [True, True])
    with duckdb.connect(str(database)) as connection:
        connection.execute("update business_central.customers set _sdc_deleted_at = now()")
    ended = bench._command(*arguments)
    assert ended.code == 1
    assert [row["rows_in_destination"] for row in ended.json if row["stream"] == "customers"] == [0]
    wrong = bench._command(*arguments, "--stream", "currencies")
    assert wrong.code == 2
    assert 'has no table for currencies; it has "customers", "dimensionsetlines".' in wrong.err


def test_a_part_without_rows_needs_no_table():
    assert Part("a", "") < Part("b", "")
