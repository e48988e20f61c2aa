"""Dead letters of earlier runs are tried again, each once in a run, and never write over anything newer."""

from __future__ import annotations

import contextlib
import io
import json
import os
from datetime import datetime, timedelta, timezone

import pytest

from dynamics_bc_client.transport import Response
from target_dynamics_bc.kept.dead_letters import DeadLetters
from target_dynamics_bc.kept.memory import Memory
from target_dynamics_bc.kept.recorder import Recorder
from target_dynamics_bc.kept.units import UnitKey
from target_dynamics_bc.retrying import Allowance, Retrying
from target_dynamics_bc.target import TargetDynamicsBC
from tests.target.at_the_desk import CONFIG, DeskTransport, Target
from tests.target.killing import in_another_process

LATER = "LATER"


def vendor(number=1, **more):
    return {"externalId": f"v{number}", "vendorName": f"Vendor {number}", **more}


def waiting(number=1, **more):
    """A vendor whose payment method is not there yet."""
    return vendor(number, paymentMethod=LATER, **more)


class Runs:
    """Runs of a target on one store."""

    def __init__(self, folder):
        self.target = Target(folder)
        self.path = folder / "store" / "dead-letter.singer"

    def __call__(self, *records, stream="Vendors", retry=True, **config):
        """A run; gives outcomes as pairs of the sender's id and what became of it."""
        outcomes = self.target.write(stream, *records, remember=True, retry_dead_letters=retry, **config)
        return [(each["external_id"], each["outcome"]) for each in outcomes]

    def add_method(self):
        self.target.desk.create("paymentMethods", {"code": LATER})

    @property
    def lines(self):
        messages = [json.loads(line) for line in self.path.read_text().splitlines()]
        return [message for message in messages if message["type"] == "RECORD"]

    @property
    def letters(self):
        return [message["record"]["externalId"] for message in self.lines]

    def named(self, name):
        return self.target.rows("vendors", displayName=name)


@pytest.fixture
def runs(tmp_path):
    return Runs(tmp_path)


def test_what_can_be_written_by_now_is_written_and_taken_out(runs):
    runs(waiting(1), waiting(2, currency="XXQ"), retry=False)
    assert runs.letters == ["v1", "v2"]
    runs.add_method()
    assert sorted(runs(vendor(3))) == [("v1", "created"), ("v2", "rejected"), ("v3", "created")]
    assert runs.letters == ["v2"]
    assert runs() == [("v2", "rejected")]


def test_by_default_nothing_is_tried_again(runs):
    runs(waiting(1), retry=False)
    runs.add_method()
    assert runs(vendor(3), retry=False) == [("v3", "created")]
    assert runs.letters == ["v1"]


def test_each_is_tried_once_in_a_run_and_the_attempts_are_counted(runs):
    for attempt in range(1, 4):
        assert [outcome for _, outcome in runs(*([waiting(1)] if attempt == 1 else []))] == ["rejected"]
        assert [line.get("attempts", 1) for line in runs.lines] == [attempt]
    (line,) = runs.lines
    assert line["at"] <= line["tried_at"]
    assert line["run_id"] != line["tried_in"]


def test_an_outcome_says_which_attempt_it_is(runs):
    runs(waiting(1))
    (outcome,) = runs.target.write("Vendors", remember=True, retry_dead_letters=True)
    assert (outcome["attempt"], outcome["position"]) == (2, 0)


def test_a_newer_version_of_the_input_wins_and_takes_the_old_one_out(runs):
    runs(waiting(1), retry=False)
    runs.add_method()
    assert runs(vendor(1, website="new.example.com")) == [("v1", "created")]
    assert runs.letters == []
    (row,) = runs.named("Vendor 1")
    assert row["website"] == "new.example.com"


def test_a_newer_version_that_is_rejected_too_keeps_both_and_is_the_one_that_is_tried(runs):
    runs(waiting(1, website="old.example.com"), retry=False)
    assert runs(waiting(1, website="new.example.com")) == [("v1", "rejected")]
    assert runs.letters == ["v1", "v1"]
    runs.add_method()
    assert runs() == [("v1", "created")]
    assert runs.letters == []
    assert [row["website"] for row in runs.named("Vendor 1")] == ["new.example.com"]


def test_what_was_written_in_a_run_that_did_not_try_again_is_not_written_over(runs):
    runs(waiting(1, website="old.example.com"), retry=False)
    runs.add_method()
    assert runs(vendor(1, website="new.example.com"), retry=False) == [("v1", "created")]
    assert runs() == []
    assert runs.letters == []
    assert [row["website"] for row in runs.named("Vendor 1")] == ["new.example.com"]


BROKEN = [{"email": "\ud83d"}, {"email": "\ud83d", "vendorNumber": "V-9"}]


@pytest.mark.parametrize("more", BROKEN)
@pytest.mark.parametrize("retry", [True, False])
def test_a_newer_version_that_is_rejected_at_once_holds_the_older_one_back(runs, more, retry):
    runs(waiting(1), retry=False)
    runs.add_method()
    assert runs(vendor(1, **more), retry=retry) == [("v1", "rejected")]
    assert runs() == [("v1", "rejected")]
    assert runs.named("Vendor 1") == []
    assert runs.letters == ["v1", "v1"]


@pytest.mark.parametrize("retry", [True, False])
def test_so_does_one_whose_company_is_not_there(runs, retry):
    runs(waiting(1), waiting(2), retry=False)
    runs.add_method()
    away = vendor(1, company_name="Nowhere")
    found = runs(away, retry=retry, route_by_company=True)
    assert ("v1", "rejected") in found
    again = runs(route_by_company=True)
    assert ("v1", "rejected") in again
    assert runs.named("Vendor 1") == []
    assert len(runs.named("Vendor 2")) == 1


def test_what_was_written_in_the_same_second_is_newer_or_older_as_it_came(runs):
    """A letter that came behind what was written is no older version of it, however quick the run was."""
    good, late = vendor(1, website="good.example.com"), waiting(1, website="late.example.com")
    assert runs(good, late, retry=False) == [("v1", "created"), ("v1", "rejected")]
    assert runs.letters == ["v1"]
    runs.add_method()
    assert runs() == [("v1", "updated")]
    assert [row["website"] for row in runs.named("Vendor 1")] == ["late.example.com"]


def test_what_came_before_it_and_was_written_behind_it_is_no_newer_version(runs):
    """The bill waits for its vendor, and its next version is rejected before it is written."""
    line = {"accountNumber": "8210", "amount": 5}
    bill = {"externalId": "b1", "billNumber": "R-1", "vendorExternalId": "v1", "expenses": [line]}
    broken = {**bill, "expenses": [{**line, "description": "\ud83d"}]}
    runs.target.pipe([("Bills", bill), ("Bills", broken), ("Vendors", vendor(1))], remember=True)
    assert runs.letters == ["b1"]
    assert runs(stream="Bills") == [("b1", "rejected")]
    assert runs.letters == ["b1"]


def test_letters_of_an_older_release_go_by_the_second(runs):
    runs(waiting(1, website="old.example.com"), retry=False)
    lines = [json.loads(line) for line in runs.path.read_text().splitlines()]
    runs.path.write_text("".join(json.dumps({k: v for k, v in line.items() if k != "came"}) + "\n" for line in lines))
    runs.add_method()
    runs(vendor(1, website="new.example.com"), retry=False)
    assert runs() == []
    assert runs.letters == []


def test_what_somebody_corrected_in_the_file_is_as_new_as_can_be(runs):
    runs(waiting(1, website="old.example.com"), retry=False)
    runs(vendor(1, website="new.example.com"), retry=False)
    runs.path.write_text(runs.path.read_text().replace(LATER, "").replace("old.example", "corrected.example"))
    assert runs() == [("v1", "updated")]
    assert [row["website"] for row in runs.named("Vendor 1")] == ["corrected.example.com"]
    assert runs.letters == []


def test_a_version_that_came_once_more_is_the_newest_again(runs):
    old, new = waiting(1, website="old.example.com"), waiting(1, website="new.example.com")
    runs(old, retry=False)
    runs(new, retry=False)
    runs(old, retry=False)
    assert [line["record"]["website"] for line in runs.lines] == ["new.example.com", "old.example.com"]
    runs.add_method()
    runs()
    assert [row["website"] for row in runs.named("Vendor 1")] == ["old.example.com"]


def test_a_record_of_another_name_for_the_same_thing_wins_too(runs):
    """Two senders' ids, one number: it is one vendor."""
    runs(waiting(1, vendorNumber="V-77"), retry=False)
    runs.add_method()
    assert runs(vendor(2, vendorNumber="V-77")) == [("v2", "created")]
    assert runs.letters == []


def test_the_same_record_in_the_input_is_no_second_try(runs):
    runs(waiting(1), retry=False)
    assert runs(waiting(1)) == [("v1", "rejected")]
    assert [line["attempts"] for line in runs.lines] == [2]
    runs.add_method()
    assert runs(waiting(1)) == [("v1", "created")]
    assert runs.letters == []


def test_what_a_new_record_refers_to_is_tried_before_it(runs):
    runs(waiting(1, vendorNumber="V-78"), retry=False)
    runs.add_method()
    line = {"accountNumber": "8210", "amount": 5}
    bill = {"externalId": "b1", "billNumber": "R-1", "vendorNumber": "V-78", "expenses": [line]}
    assert runs(bill, stream="Bills") == [("v1", "created"), ("b1", "created")]


def test_after_so_many_attempts_it_is_left_and_a_replay_tries_it_all_the_same(runs, caplog):
    runs(waiting(1), retry=False)
    assert runs(retry_attempts=2) == [("v1", "rejected")]
    assert runs(retry_attempts=2) == []
    assert "Not tried any more (retry_attempts, retry_days): 1 dead letter in" in caplog.text
    assert runs.letters == ["v1"]
    runs.add_method()
    config = {**CONFIG, "store_path": str(runs.path.parent)}
    target = TargetDynamicsBC(config=config, transport=DeskTransport(runs.target.desk), output=io.StringIO())
    with runs.path.open() as source:
        target.read_from(source)
        target.listen(source)
    assert [outcome.kind for outcome in target.outcomes] == ["created"]
    assert runs.letters == []


def test_after_so_many_days_it_is_left(tmp_path):
    letters = DeadLetters(tmp_path / "d.singer")
    letters.bury("Vendors", vendor(1), {"at": "2026-01-01T00:00:00Z"})
    letters.close(tidy=True)
    for days, is_tried in ((29, True), (31, False)):
        letters = DeadLetters(tmp_path / "d.singer")
        now = datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(days=days)
        with contextlib.closing(Memory(None)) as memory:
            retrying = Retrying(letters, memory, Allowance(age=timedelta(days=30)), now=lambda now=now: now)
            retrying.load(lambda _: None, lambda _: ())
            assert [each.record for each in retrying.due()] == [vendor(1)] * is_tried
        letters.close(tidy=True)


def test_an_outage_is_no_attempt(runs):
    runs(waiting(1), retry=False)

    def around(request, send):
        return (
            Response(503, {}, b"") if "vendors" in request.url or b"vendors" in (request.body or b"") else send(request)
        )

    runs.add_method()
    assert runs(around=around) == [("v1", "rejected")]
    assert [line["attempts"] for line in runs.lines] == [1]
    assert runs() == [("v1", "created")]


def test_without_a_memory_nothing_is_tried_again(tmp_path):
    config = {"dead_letter_path": str(tmp_path / "d.singer"), "retry_dead_letters": True}
    with pytest.raises(Exception, match="retry_dead_letters needs store_path"):
        Target(tmp_path).write("Vendors", vendor(1), **config)


def test_lines_that_are_no_letters_stay_as_they_are(runs):
    runs(waiting(1), retry=False)
    text = runs.path.read_text()
    runs.path.write_text("# a note\n" + text + '{"type": "RECORD", "stream": "Vendors", "reco\n')
    runs.add_method()
    assert runs() == [("v1", "created")]
    assert runs.path.read_text() == "# a note\n" + '{"type": "RECORD", "stream": "Vendors", "reco\n'


def test_a_line_that_cannot_be_read_is_named_in_a_run_that_tries_again(runs, caplog):
    runs(waiting(1), retry=False)
    text = runs.path.read_text()
    runs.path.write_text("\n" + text.replace('"record":', '"record"'))
    assert runs() == []
    assert [message for message in caplog.messages if "cannot be read" in message] == [
        f'Line 3 of "{runs.path}" cannot be read, so it is not tried again and stays: correct it, or take it out.'
    ]


def test_letters_of_all_kinds_of_streams_are_tried_as_they_came(runs):
    """What nothing writes, what belongs to something that did not come, and what is no record are rejected again."""
    runs({"externalId": "s"}, stream="Strange", retry=False)
    runs({"documentId": "d", "externalId": "l"}, stream="purchaseInvoiceLines", retry=False)
    own = {"id": "", "number": "V-79", "displayName": "Own", "paymentMethodCode": LATER}
    runs(own, stream="vendors", retry=False)
    before = [line["stream"] for line in runs.lines]
    assert sorted(outcome for _, outcome in runs()) == ["rejected"] * len(before)
    assert [line["stream"] for line in runs.lines] == before


def test_a_dry_run_tries_them_and_leaves_the_file(runs):
    runs(waiting(1), retry=False)
    runs.add_method()
    before = runs.path.read_bytes()
    assert runs(dry_run=True) == [("v1", "created")]
    assert runs.path.read_bytes() == before


def test_a_preview_takes_no_dead_letter_out(runs):
    line = {"accountNumber": "8210", "amount": 5}
    runs(
        {"externalId": "b1", "billNumber": "R-1", "vendorName": "Later", "expenses": [line]},
        stream="Bills",
        retry=False,
    )
    runs(vendor(1, vendorName="Later"), retry=False)
    before = runs.path.read_bytes()
    assert runs(preview=True) == [("b1", "previewed")]
    assert runs.path.read_bytes() == before
    assert runs() == [("b1", "created")]


def test_a_run_without_any_input_tries_them_too(runs):
    runs(waiting(1), retry=False)
    runs.add_method()
    assert [each["outcome"] for each in runs.target.pipe([], remember=True, retry_dead_letters=True)] == ["created"]


def test_a_run_that_is_killed_while_it_tries_again_loses_and_doubles_nothing(emulator, pipe, company, tmp_path):
    records = [waiting(number) for number in range(1, 7)]
    pipe({"Vendors": [*records, vendor(8, currency="XXQ")]})
    path = tmp_path / "store" / "dead-letter.singer"
    before = path.read_bytes()
    method = company.rows("paymentMethods")[0]
    company.edit("paymentMethods", method["id"], code=LATER)
    for after in (1, 4, 8):
        assert in_another_process(lambda: killed(pipe, after)) == 9  # noqa: B023
        assert path.read_bytes() == before
    assert pipe({"Vendors": []}, retry_dead_letters=True).exit_code == 1
    assert len([row for row in company.rows("vendors") if row["displayName"].startswith("Vendor ")]) == 8
    records = [json.loads(line) for line in path.read_text().splitlines()]
    assert [each["record"]["externalId"] for each in records if each["type"] == "RECORD"] == ["v8"]


def killed(pipe, after):
    """A run that ends like SIGKILL after a number of outcomes."""
    record, left = Recorder.record, [after]

    def recording(recorder, *arguments):
        record(recorder, *arguments)
        left[0] -= 1
        if not left[0]:
            recorder.flush()
            os._exit(9)

    Recorder.record = recording
    pipe({"Vendors": [vendor(9), vendor(10)]}, retry_dead_letters=True)


def test_what_is_uncertain_of_a_stream_that_nothing_can_write_any_more_is_said_once(runs, tmp_path):
    memory = Memory(tmp_path / "store")
    key = UnitKey("c", "acme_sales_v1_visits", "external:1")
    memory.keep_uncertain(key, json.dumps(["acme_sales_v1_visits", {"externalId": "x"}, True]))
    memory.close()
    assert runs(vendor(1), retry=False) == [("x", "rejected"), ("v1", "created")]
    assert runs.letters == ["x"]
    assert runs(vendor(1), retry=False) == [("v1", "existing")]
