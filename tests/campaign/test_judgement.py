"""Does the campaign see what a broken connector does? One that is broken on purpose, for each column of its table."""

from __future__ import annotations

import contextlib
import hashlib
import json
import select
import socket
import time
import urllib.request
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock
from urllib.parse import urlsplit

import pytest
from books.truth import journal_drafts
from campaign import target_media, target_processes
from campaign.answers import SPOILED, Answer
from campaign.attacked import Attacked
from campaign.attacks import STOPPED_SECONDS, WHAT, applicable, send_signals
from campaign.kinds import TAP, TARGET, Kind
from campaign.patience import stretched
from campaign.processes import TRACEBACK, Ended, Loader, Sender, start
from campaign.proxy import BreakingProxy
from campaign.served import SECRET, served
from campaign.signing import FIRST, RotatingSignIn, Signing
from campaign.tap_lives import KINDS
from campaign.tap_media import STREAMS, Downloads, check_told, may_be_taken
from campaign.tap_processes import as_at_a_desk
from campaign.target_files import AnsweredLife, file
from campaign.target_jobs import check_id_map, check_output
from campaign.target_letters import LATER, NEVER, Letters
from campaign.target_media import FilesLife
from campaign.target_places import Places
from campaign.target_processes import ProcessLife
from campaign.trying import tried
from campaign.workers import Worker
from emulator.in_process import open_desk
from judged import COLUMNS, BrokenPromiseError
from tap.living_source import TAP as LIVING_TAP
from tap.living_source import small_source

from dynamics_bc_client.transport import Request, Response
from dynamics_bc_emulator.http.sign_in import Identities, SignInRefusal
from tap_dynamics_bc.reads.horizon import Horizon

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.target.conftest import Piped

RUN = ("run", {"lives_for": None, "workers": 1})


def column_of(carry_out: Callable[[Any, Path], int], side: str = TAP, seconds: float = 60.0) -> str:
    """In which column a run is counted."""
    result = tried(Kind("broken", side, 1, lambda seed: seed, carry_out, seconds), 1)
    (finding,) = result.findings
    return finding.column


# --- a tap that is broken ---------------------------------------------------------------------------------------------


def dropping(dropped: Callable[[Any], bool]) -> Callable[[Any], Any]:
    """Output without some of its messages."""

    def spoil(run: Any) -> Any:
        lines = [line for line in run.output.split(b"\n") if line and not dropped(json.loads(line))]
        return replace(run, output=b"\n".join(lines) + b"\n")

    return spoil


def forging_the_certificate(machine: Any) -> Callable[[Any], Any]:
    def spoil(run: Any) -> Any:
        path = Path(machine.config["store_path"]) / "certificate.json"
        told = json.loads(path.read_text())
        told["entries"][0]["rows"]["index"] += 1
        path.write_text(json.dumps(told))
        return run

    return spoil


def told_with(spoiled: Callable[[Any], Callable[[Any], Any]], moves: Any, name: str = "SweptDestinations") -> Any:
    def carry_out(_plan: Any, _folder: Path) -> int:
        machine: Any = KINDS[name]()
        machine.begin(page_size=7)
        whole, spoil = machine.start, spoiled(machine)
        machine.start = lambda lives_for: spoil(whole(lives_for))
        for move, how in moves:
            getattr(machine, move)(**how)
        machine.teardown()
        return 1

    return carry_out


def is_record_of(message: Any, stream: str) -> bool:
    return message["type"] == "RECORD" and message["stream"] == stream


GONE = ("delete", {"place": 0, "name": "taxGroups", "which": 0})
EVERY = ("sweep_every", {"every": "PT0S"})
BROKEN_TAPS = {
    "a row is not written": (
        "lost",
        told_with(lambda _: dropping(lambda message: is_record_of(message, "vendors")), [RUN]),
    ),
    "a deletion is not written": (
        "doubled",
        told_with(
            lambda _: dropping(
                lambda message: message["type"] == "RECORD" and bool(message["record"].get("_sdc_deleted_at"))
            ),
            [EVERY, RUN, GONE, ("advance", {"minutes": 31}), RUN],
        ),
    ),
    "a row that is there is called deleted": (
        "lost",
        told_with(
            lambda machine: lambda run: replace(run, output=run.output + deletion(machine)),
            [EVERY, RUN],
        ),
    ),
    "the certificate is not true": ("untrue", told_with(forging_the_certificate, [RUN])),
    "it fails where it could read all": (
        "lost",
        told_with(lambda _: lambda run: replace(run, error=ZeroDivisionError()), [RUN]),
    ),
    "it raises what nobody foresaw": ("tracebacks", told_with(lambda _: lambda run: run.no_such_thing, [RUN])),
}


def deletion(machine: Any) -> bytes:
    company = machine.company_ids[0]
    row = machine.source.rows(company, "vendors")[0]
    record = {"company_id": company, "id": row["id"], "_sdc_deleted_at": "2026-03-01T00:00:00.000Z"}
    return json.dumps({"type": "RECORD", "stream": "vendors", "record": record}).encode() + b"\n"


@pytest.mark.parametrize("name", BROKEN_TAPS)
def test_a_broken_tap_is_seen(name):
    column, carry_out = BROKEN_TAPS[name]
    assert column_of(carry_out) == column


def test_a_call_to_another_host_is_seen():
    transport = Attacked(small_source().desk)
    with pytest.raises(BrokenPromiseError) as raised:
        transport(Request("GET", "http://elsewhere.example/next"))
    assert raised.value.finding.column == "untrue"


# --- a target that is broken ------------------------------------------------------------------------------------------


class Broken(AnsweredLife):
    """A life whose target does something else than it says."""

    spoil: Callable[[Broken, Piped], Any]

    def _run(self, transport: Any) -> Piped | None:
        piped = super()._run(transport)
        assert piped is not None
        self.spoil(piped)
        return piped

    def drafts(self) -> list[Any]:
        """Drafts that came of a record of the file."""
        found = self.desk.company.find("purchaseInvoices", status="Draft")
        return [row for row in found if str(row["vendorInvoiceNumber"]).startswith("N-")]


def without_an_outcome(_life: Broken, piped: Piped) -> None:
    piped.outcomes.pop()


def with_two_outcomes(_life: Broken, piped: Piped) -> None:
    piped.outcomes.append(piped.outcomes[-1])


def uncertain(life: Broken, piped: Piped) -> None:
    good = {asked.name for asked in life.file if not asked.is_bad}
    next(each for each in piped.outcomes if each["external_id"] in good)["outcome"] = "uncertain"


def twice(life: Broken, _piped: Piped) -> None:
    row = {name: value for name, value in life.drafts()[0].items() if name not in {"id", "_etag", "number"}}
    life.desk.company.insert("purchaseInvoices", {**row, "number": "TWICE"})


def nowhere(life: Broken, _piped: Piped) -> None:
    life.desk.company.delete("purchaseInvoices", life.drafts()[0]["id"])


def half(life: Broken, _piped: Piped) -> None:
    lines = life.desk.company.find("purchaseInvoiceLines", documentId=life.drafts()[0]["id"])
    life.desk.company.delete("purchaseInvoiceLines", lines[0]["id"])


def with_a_batch_left(life: Broken, _piped: Piped) -> None:
    life.desk.company.insert("journals", {"code": "LEFT", "displayName": "To be posted: N-R0"})


def booked_otherwise(life: Broken, _piped: Piped) -> None:
    entries = life.desk.company.find("generalLedgerEntries")
    ours = [row for row in entries if row["entryNumber"] > life.since and row["accountNumber"].startswith("8")]
    life.desk.edit("generalLedgerEntries", ours[0]["id"], debitAmount=ours[0]["debitAmount"] + 1)


BROKEN_TARGETS: dict[str, tuple[str, Callable[[Broken, Piped], None]]] = {
    "a record has no outcome": ("outcomes", without_an_outcome),
    "a record has two outcomes": ("outcomes", with_two_outcomes),
    "nobody knows in the end": ("uncertain", uncertain),
    "a draft is there twice": ("doubled", twice),
    "a draft is not there": ("lost", nowhere),
    "a draft lacks a line": ("half", half),
    "a batch is left": ("orphans", with_a_batch_left),
    "another amount is booked": ("untrue", booked_otherwise),
}


@pytest.mark.parametrize("name", BROKEN_TARGETS)
def test_a_broken_target_is_seen(name):
    column, spoil = BROKEN_TARGETS[name]

    def carry_out(_plan: Any, folder: Path) -> int:
        life = Broken({**file(7), "size": 8, "has_store": True, "attacks": [], "first": []}, folder)
        life.clerk.may = ()
        life.spoil = lambda piped: spoil(life, piped)  # type: ignore[method-assign, assignment]
        return int(life.live()["runs"])

    assert column_of(carry_out, TARGET) == column


# --- a job that is broken ---------------------------------------------------------------------------------------------

DONE = {"stream": "Vendors", "external_id": "a", "hash": "1", "outcome": "created", "id": "x"}
SAID = {"externalId": "a", "hash": "1", "success": True}
SUMMARY = {"Vendors": {"success": 1, "fail": 0, "existing": 0, "updated": 0}}
BROKEN_JOBS: dict[str, tuple[str, list[Any], dict[str, Any], dict[str, str]]] = {
    "a record is missing in what it prints": ("outcomes", [], {}, {"a": "x"}),
    "a record is there twice": ("outcomes", [SAID, SAID], SUMMARY, {"a": "x"}),
    "a success is printed as a failure": ("untrue", [{**SAID, "success": False}], SUMMARY, {"a": "x"}),
    "its summary counts something else": ("untrue", [SAID], {"Vendors": {"success": 2}}, {"a": "x"}),
    "its id map lacks what was written": ("lost", [SAID], SUMMARY, {}),
    "its id map leads to something else": ("lost", [SAID], SUMMARY, {"a": "y"}),
}


@pytest.mark.parametrize("name", BROKEN_JOBS)
def test_a_broken_job_is_seen(name):
    column, said, summary, id_map = BROKEN_JOBS[name]

    def carry_out(_plan: Any, _folder: Path) -> int:
        check_output({"bookmarks": {"Vendors": said}, "summary": summary}, [DONE])
        check_id_map([DONE], lambda _: id_map)
        return 1

    assert column_of(carry_out, TARGET) == column


# --- dead letters that are lost ---------------------------------------------------------------------------------------

BROKEN_LETTERS = {
    "a letter is gone": ("lost", [], ["X1"], "created"),
    "a letter is there twice": ("doubled", ["X0", "X0"], ["X1"], "created"),
    "what is written is a letter still": ("untrue", ["X0", "X1"], ["X1"], "created"),
    "what a letter held is written twice": ("doubled", ["X0"], ["X1", "X1"], "created"),
    "what a letter held is nowhere": ("lost", ["X0"], [], "created"),
    "what cannot be is written": ("untrue", ["X0"], ["X0", "X1"], "created"),
    "nobody knows in the end": ("uncertain", ["X0"], ["X1"], "uncertain"),
}


@pytest.mark.parametrize("name", BROKEN_LETTERS)
def test_a_broken_replay_is_seen(name):
    column, kept, written, outcome = BROKEN_LETTERS[name]

    def carry_out(_plan: Any, folder: Path) -> int:
        life = Letters({"records": [["Vendors", NEVER], ["Vendors", LATER]]}, folder)
        life.store.mkdir()
        lines = [json.dumps({"type": "RECORD", "record": {"externalId": each}}) for each in kept]
        (life.store / "dead-letter.singer").write_text("\n".join(lines))
        (life.store / "outcomes.jsonl").write_text(json.dumps({"external_id": "X1", "outcome": outcome}))
        for each in written:
            life.desk.company.insert("vendors", {"displayName": f"Vendor {each}"})
        life.check_end()
        return 1

    assert column_of(carry_out, TARGET) == column


# --- what is for one company, and gets to another ---------------------------------------------------------------------

THERE = {(place, company): [1000 * (2 * place + company + 1)] for place in range(2) for company in range(2)}
BROKEN_PLACES: dict[str, tuple[str, dict[tuple[int, int], list[int]]]] = {
    "a company has what is for the other": ("untrue", {**THERE, (0, 0): [2000]}),
    "an environment has what is for the other": ("untrue", {**THERE, (0, 0): [3000]}),
    "a company has both": ("doubled", {**THERE, (1, 1): [4000, 3000]}),
    "a company has nothing": ("lost", {**THERE, (0, 1): []}),
}


@pytest.mark.parametrize("name", BROKEN_PLACES)
def test_what_gets_to_another_company_is_seen(name):
    column, there = BROKEN_PLACES[name]

    def carry_out(_plan: Any, folder: Path) -> int:
        life = Places({"records": [["vendors", "company_id"]], "is_store_shared": False}, folder)
        for (place, company), amounts in there.items():
            for amount in amounts:
                row = {"number": "V-0", "displayName": f"Vendor {amount}"}
                life.sources[place].at(company).company.insert("vendors", row)
        for place in range(2):
            life.check_rows(place, is_written=True)
        return 1

    assert column_of(carry_out, TARGET) == column


# --- files that are not as they are told ------------------------------------------------------------------------------

TOLD = {"file_path": "a.txt", "file_bytes": 3, "file_sha256": hashlib.sha256(b"abc").hexdigest()}
BROKEN_FILES = {
    "a file is told and not there": ("lost", None),
    "a file is cut off": ("half", b"ab"),
    "a file has another content": ("untrue", b"abd"),
}


@pytest.mark.parametrize("name", BROKEN_FILES)
def test_a_broken_download_is_seen(name):
    column, content = BROKEN_FILES[name]

    def carry_out(_plan: Any, folder: Path) -> int:
        if content is not None:
            (folder / "a.txt").write_bytes(content)
        check_told(folder, TOLD)
        return 1

    assert column_of(carry_out) == column


def test_content_from_elsewhere_is_excused_only_where_its_row_tells_no_other_length():
    posing = {hashlib.sha256(b"cut").hexdigest()}
    assert may_be_taken({"width": 3}, b"cut", posing)
    assert may_be_taken({"byteSize": 3}, b"cut", posing)
    assert not may_be_taken({"byteSize": 6}, b"cut", posing)
    assert not may_be_taken({"width": 3}, b"old", posing)


def test_a_file_that_is_left_over_is_seen():
    def carry_out(_plan: Any, folder: Path) -> int:
        life = Downloads({}, folder)
        life.desk.service.store.connection.execute("DELETE FROM entities")
        life.destination.tables = {name: {} for name in STREAMS}
        life.files.mkdir()
        (life.files / "left.txt").write_text("left")
        life.check_files()
        return 1

    assert column_of(carry_out) == "orphans"


@pytest.mark.parametrize(("column", "count", "content"), [("doubled", 2, b"whole"), ("half", 1, b"who")])
def test_a_broken_upload_is_seen(column, count, content):
    def carry_out(_plan: Any, folder: Path) -> int:
        life = FilesLife(target_media.file(5), folder, lambda _: Mock())
        life.sent = {"a.pdf": b"whole"}
        bill = life.desk.company.find("purchaseInvoices")[0]["id"]
        for _ in range(count):
            body = {"fileName": "a.pdf", "parentType": "Purchase Invoice", "parentId": bill}
            created = life.desk.create("documentAttachments", body)
            life.desk.ask("PATCH", f"documentAttachments({created['id']})/attachmentContent", content)
        life.check_contents()
        return 1

    assert column_of(carry_out, TARGET) == column


def test_the_empty_line_that_posting_leaves_is_not_counted_and_a_line_of_no_amount_is():
    desk = open_desk()
    (cash,) = desk.company.find("accounts", number="2910")
    batch = desk.create("vendorPaymentJournals", {"code": "CLERK", "balancingAccountId": cash["id"]})["id"]
    lines, line = f"vendorPaymentJournals({batch})/vendorPayments", {"vendorNumber": "10000", "documentNumber": "N-R2"}
    desk.create(lines, {**line, "postingDate": "2026-01-28", "amount": 5})
    assert desk.ask("POST", f"journals({batch})/Microsoft.NAV.post").status == 204
    assert desk.company.find("vendorPayments", documentNumber="N-R3")
    assert journal_drafts(desk, "N-R3") == []
    desk.create(lines, {**line, "documentNumber": "N-R3"})
    assert len(journal_drafts(desk, "N-R3")) == 1


# --- tokens and clocks ------------------------------------------------------------------------------------------------


class Forgetting(ProcessLife):
    """A life whose target does not keep the refresh token that it was given last."""

    def _run(self, transport: Any) -> Piped | None:
        piped = super()._run(transport)
        self.signing = Signing(refreshes=True)
        return piped


def test_a_refresh_token_that_is_not_kept_is_seen():
    told = {"seed": 5, "size": 3, "has_store": False, "attacks": [], "refreshes": True}
    assert column_of(lambda _, folder: target_processes.write(told, folder, Forgetting), TARGET, 240) == "orphans"


def test_who_was_killed_before_it_kept_its_token_signs_in_with_the_one_before():
    desk = small_source().desk
    sign_in = RotatingSignIn(Identities("tenant", "tenant.example", LIVING_TAP, SECRET), desk.clock)
    form = {"grant_type": "refresh_token", "client_id": LIVING_TAP, "client_secret": SECRET}
    first = sign_in.token("tenant", {**form, "refresh_token": FIRST}, old=False)
    second = sign_in.token("tenant", {**form, "refresh_token": FIRST}, old=False)
    assert sign_in.principal(f"Bearer {first['access_token']}") == LIVING_TAP
    assert sign_in.principal(f"Bearer {second['access_token']}") == LIVING_TAP
    for replaced in (FIRST, first["refresh_token"]):
        with pytest.raises(SignInRefusal):
            sign_in.token("tenant", {**form, "refresh_token": replaced}, old=False)
    assert sign_in.token("tenant", {**form, "refresh_token": second["refresh_token"]}, old=False)["refresh_token"]


def test_a_tap_whose_own_clock_decides_what_it_reads_is_seen(monkeypatch):
    whole = Horizon.of

    def by_its_own_clock(_started_at: Any, *, now: Any, **how: Any) -> Horizon:
        return whole(now, now=now, **how)

    monkeypatch.setattr(Horizon, "of", by_its_own_clock)
    moves = [
        RUN,
        ("set_clock", {"hours": -26}),
        ("draft", {"place": 0, "lines": 2}),
        ("post", {"place": 0, "which": 0}),
    ]
    moves += [("advance", {"minutes": 31}), RUN]
    assert column_of(told_with(lambda _: lambda run: run, moves)) == "lost"


# --- what both may do -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("load", "seconds"), [(0.1, 60.0), (2.0, 60.0), (8.0, 240.0), (500.0, 600.0)])
def test_a_busy_machine_is_given_more_time_and_no_end_of_it(monkeypatch, load, seconds):
    monkeypatch.setattr("os.getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert stretched(60.0) == seconds


def test_a_run_that_hangs_is_seen():
    assert column_of(lambda *_: time.sleep(20) or 1, seconds=0.2) == "hangs"  # type: ignore[func-returns-value]


def test_a_process_that_says_a_traceback_or_a_secret_is_seen(tmp_path):
    for said, column in ((TRACEBACK, "tracebacks"), (SECRET, "untrue")):
        run = start("tap-dynamics-bc", tmp_path, {}, "--version", name=column)
        run.process.join()
        (tmp_path / f"{column}.err").write_text(said)
        with pytest.raises(BrokenPromiseError) as raised:
            run.ended()
        assert raised.value.finding.column == column


def test_a_loader_that_goes_away_tells_what_it_left_in_its_pipe(tmp_path):
    loader = Loader(tmp_path / "pipe", takes=10)
    with (tmp_path / "pipe").open("wb", buffering=0) as written:
        written.write(bytes(100))
        assert (len(loader.end()), loader.left) == (10, 90)
        with pytest.raises(BrokenPipeError):
            written.write(b"more")


def test_whoever_never_says_that_it_was_the_last_of_the_input_waits_until_nobody_reads(tmp_path):
    sender = Sender(tmp_path / "in", "lines")
    with (tmp_path / "in").open("rb", buffering=0) as read:
        assert read.read(100) == b"lines"
        assert not select.select([read], [], [], 0.05)[0]
        sender.end()
        assert read.read(100) == b""
    unread = Sender(tmp_path / "unread", "lines")
    unread.end()
    assert not unread._thread.is_alive()


@pytest.mark.parametrize(
    ("seen", "last", "is_broken"),
    [
        (2, {"outcome": "created"}, False),
        (3, {"outcome": "created"}, True),
        (2, {"outcome": "uncertain"}, False),
        (2, {"outcome": "rejected", "errors": [{"code": "undecided"}]}, True),
        (1, {"outcome": "rejected", "errors": [{"code": "undecided"}]}, False),
    ],
)
def test_a_state_that_passes_a_record_of_which_nobody_knows_what_became_is_seen(tmp_path, seen, last, is_broken):
    life = ProcessLife({**target_processes.file(1), "has_store": True}, tmp_path, lambda _: Mock())
    outcomes = [{"position": 1, "outcome": "created", "errors": []}, {"position": 2, "errors": [], **last}]
    path = tmp_path / "outcomes.jsonl"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in outcomes) + '{"position": 3, "outc')
    ended = Ended(0, json.dumps({"seen": seen}).encode() + b"\n" + b'{"seen": 9', "", was_signalled=False)
    with pytest.raises(BrokenPromiseError) if is_broken else contextlib.nullcontext():
        life.check_states({}, ended, path)


@pytest.mark.parametrize(
    ("told", "sent"),
    [
        ({"loader": [9, "blocks"], "input": "cut"}, []),
        ({"moment": {"what": "interrupted", "seconds": 0.2}}, [(0.2, 2)]),
        ({"loader": [9, "stops"]}, [(STOPPED_SECONDS, 15), (STOPPED_SECONDS, 15)]),
        ({"input": "held"}, [(STOPPED_SECONDS, 15), (STOPPED_SECONDS, 15)]),
    ],
)
def test_whoever_waits_for_what_does_not_come_is_told_to_end(told, sent):
    run = Mock()
    send_signals(told, [run, run])
    assert [tuple(each.args) for each in run.signal_in.call_args_list] == sent


def test_only_who_keeps_something_has_a_disk_that_fills():
    assert {"disk", "twin", "file"} <= set(applicable(WHAT, has_store=True))
    assert not {"disk", "twin"} & set(applicable(WHAT, has_store=False))
    assert not {"disk", "file"} & set(applicable(WHAT, has_store=True, refreshes=True))


@pytest.mark.parametrize(
    ("code", "left", "is_cut_off", "has_failed"),
    [(0, 0, False, False), (0, 90, True, False), (1, 90, False, True), (1, 0, False, True)],
)
def test_a_tap_that_ended_well_is_asked_for_all_of_it_unless_its_loader_left_something(
    code, left, is_cut_off, has_failed
):
    run = as_at_a_desk([Ended(code, b"", "", was_signalled=False, left=left)])
    assert (run.was_killed, run.error is not None) == (is_cut_off, has_failed)


def test_whoever_is_sent_elsewhere_by_the_proxy_is_seen():
    proxy = BreakingProxy("http://127.0.0.1:9")
    with contextlib.closing(proxy):
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{proxy.trap}/there", timeout=2)
        assert proxy.trapped == ["GET /there HTTP/1.1"]


@pytest.mark.parametrize(
    "body", [b"", b"\x89PNG\xff\0", b"null", b"[1]", b'{"value":7}', b'{"value":[]}', b'{"responses":[]}']
)
@pytest.mark.parametrize("name", SPOILED)
def test_whatever_is_answered_can_be_spoiled(name, body):
    told = Answer(name)(lambda: Response(200, {}, body))
    assert isinstance(told.body, bytes)
    assert told.body != body or name != "in another encoding"


def test_whose_answer_is_another_one_is_told_by_the_proxy_before_it_is_carried_out(tmp_path):
    orders = {2: "404/none/empty/before", 3: "404/none/empty/after", 4: "cut", 5: "null", 6: "timed out before"}
    with served(open_desk()) as url, contextlib.closing(BreakingProxy(url)) as proxy:
        life = ProcessLife(target_processes.file(1), tmp_path, lambda _: proxy)
        assert proxy.unheard == life.note_unheard
        unheard: list[str] = []
        proxy.unheard = lambda request: unheard.append(request.url[-1])
        proxy.begin(orders, lambda _number, _is_done: None)
        for number in range(1, 7):
            with contextlib.suppress(OSError, HTTPException):
                urllib.request.urlopen(f"{proxy.url}/v2.0/{number}", timeout=2)
    assert unheard == ["3", "4", "5"]


@pytest.mark.parametrize(
    "sent",
    [
        b"POST /v2.0/1 HT",
        b"POST /v2.0/1 HTTP/1.1\r\nContent-Length: 5\r\n",
        b"POST /v2.0/1 HTTP/1.1\r\nContent-Length: 5\r\n\r\nhal",
    ],
)
def test_what_somebody_was_killed_while_sending_is_not_passed_on(sent):
    asked: list[int] = []
    with contextlib.closing(BreakingProxy("http://127.0.0.1:9")) as proxy:
        proxy.begin({}, lambda number, _is_done: asked.append(number))
        place = urlsplit(proxy.url)
        with socket.create_connection((place.hostname, place.port), timeout=5) as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(10) == b""
    assert not asked


def test_what_is_sent_beside_an_action_may_be_no_text():
    life = AnsweredLife({**file(1), "attacks": [], "first": []}, Path())
    life.note_unheard(Request("PATCH", "https://api/attachmentContent", {}, b"\xff\xfe"))
    assert not life.unheard


def test_a_worker_that_dies_is_seen():
    worker = Worker()
    worker.task = ("files with processes", 3)
    worker._process.kill()
    assert [finding.column for finding in worker.result().findings] == ["hangs"]
    worker.end()


def test_every_column_is_seen():
    shown = {column for column, _ in (*BROKEN_TAPS.values(), *BROKEN_TARGETS.values())} | {"hangs"}
    assert shown == set(COLUMNS)
