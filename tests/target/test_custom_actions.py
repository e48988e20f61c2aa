"""Actions that only the tenant's metadata knows are called where the settings name them, and never twice."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.transport import Response
from tests.target.at_the_desk import Target

PACKAGES = "microsoft_automation_configurationPackages"
STORED = "configurationPackages of api/microsoft/automation/v2.0"
ALLOWED = {"allowed_actions": [f"{PACKAGES}.apply"]}
PACKAGE = {"code": "P-1", "packageName": "Example", "action": "apply"}


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def planted(target, **more):
    """A package that is imported, so that it can be applied."""
    (outcome,) = target.write(PACKAGES, {"code": "P-1", "packageName": "Example"})
    assert outcome["outcome"] == "created", outcome
    row = target.row(STORED, code="P-1")
    target.desk.company.update(STORED, row["id"], {"importStatus": "Completed", "applyStatus": "No", **more})
    return row["id"]


class Calls:
    """Counts calls of the action; the first `lost` are answered with 504, and carried out if `works`."""

    def __init__(self, *, lost=0, works=True, status=504):
        self.lost, self.works, self.status, self.count = lost, works, status, 0

    def __call__(self, request, send):
        if b"Microsoft.NAV.apply" not in (request.url.encode() + (request.body or b"")):
            return send(request)
        self.count += 1
        if self.count > self.lost:
            return send(request)
        if self.works:
            send(request)
        return Response(self.status, {}, b"")


def age_of_requests(store, days):
    with closing(sqlite3.connect(store / "ledger.sqlite")) as database, database:
        database.execute(
            "UPDATE requests SET intended_at = datetime('now', :ago), served_at = datetime(served_at, :ago)",
            {"ago": f"-{days} days"},
        )


def codes(outcome):
    return [(error["field"], error["code"]) for error in outcome["errors"]]


def test_an_action_that_the_settings_name_is_called_once_and_what_it_changed_is_said(target):
    planted(target)
    calls = Calls()
    (outcome,) = target.write(PACKAGES, PACKAGE, remember=True, around=calls, **ALLOWED)
    assert (outcome["outcome"], outcome["errors"], calls.count) == ("posted", [], 1)
    assert "applyStatus" in outcome["changed"]
    assert not [name for name in outcome["changed"] if name.startswith(("@", "lastModified", "systemModified"))]
    assert target.row(STORED, code="P-1")["applyStatus"] == "Completed"
    (again,) = target.write(PACKAGES, PACKAGE, remember=True, around=calls, **ALLOWED)
    assert (again["outcome"], calls.count) == ("existing", 1)


def test_the_record_is_written_before_its_action_is_called(target):
    planted(target)
    record = {**PACKAGE, "packageName": "Another"}
    (outcome,) = target.write(PACKAGES, record, remember=True, **ALLOWED)
    assert (outcome["outcome"], outcome["changed"][0]) == ("posted", "packageName")
    assert target.row(STORED, code="P-1")["packageName"] == "Another"


@pytest.mark.parametrize("allowed", [[], ["cancel"], [f"{PACKAGES}.import"]])
def test_an_action_that_the_settings_do_not_name_rejects_the_record_and_says_how_to_name_it(target, allowed):
    planted(target)
    (outcome,) = target.write(PACKAGES, PACKAGE, remember=True, allowed_actions=allowed)
    assert codes(outcome) == [("action", "action_not_allowed")]
    assert f'"{PACKAGES}.apply"' in outcome["errors"][0]["message"]
    assert target.row(STORED, code="P-1")["applyStatus"] == "No"


def test_an_action_without_a_store_is_refused_because_nothing_would_keep_it_from_being_called_twice(target):
    planted(target)
    (outcome,) = target.write(PACKAGES, PACKAGE, **ALLOWED)
    assert codes(outcome) == [("action", "no_store")]
    assert target.row(STORED, code="P-1")["applyStatus"] == "No"


def test_an_action_that_metadata_does_not_have_is_named_with_those_that_it_has(target):
    (outcome,) = target.write(PACKAGES, {**PACKAGE, "action": "applie"}, remember=True, **ALLOWED)
    assert "takes apply, import" in outcome["errors"][0]["message"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (f"{PACKAGES}.applie", "did you mean apply"),
        ("microsoft_automation_configurationPackage.apply", "did you mean microsoft_automation_configurationPackages"),
        ("salesInvoices.cancle", "did you mean cancel"),
        ("applie", "cannot name applie"),
        ("postAndSent", "cannot name postAndSent"),
        (f"{PACKAGES}.Applie", f'allowed_actions names "{PACKAGES}.Applie"'),
    ],
)
def test_a_setting_that_names_an_action_nobody_has_ends_the_run_with_the_nearest(target, name, said):
    with pytest.raises(ConfigurationError, match=said):
        target.write(PACKAGES, PACKAGE, remember=True, allowed_actions=[name])


def test_an_action_of_the_table_may_be_named_with_its_stream(target):
    record = {"customerNumber": "20000", "externalDocumentNumber": "K-1", "action": "cancel"}
    for allowed, code in (("salesInvoices.cancel", "not_found"), ("salesCreditMemos.cancel", "action_not_allowed")):
        (outcome,) = target.write("salesInvoices", record, allowed_actions=[allowed])
        assert code in [code for _, code in codes(outcome)]


@pytest.mark.parametrize("status", [504, 408])
def test_an_action_that_was_not_answered_is_seen_by_what_it_changed(target, status):
    planted(target)
    calls = Calls(lost=1, status=status)
    (outcome,) = target.write(PACKAGES, PACKAGE, remember=True, around=calls, **ALLOWED)
    assert (outcome["outcome"], codes(outcome), calls.count) == ("posted", [("action", "unanswered")], 1)


def test_an_unanswered_action_that_has_changed_nothing_is_uncertain_and_never_called_again(target, tmp_path):
    row_id = planted(target)
    calls = Calls(lost=9, works=False)
    (outcome,) = target.write(PACKAGES, PACKAGE, remember=True, around=calls, **ALLOWED)
    assert (outcome["outcome"], calls.count) == ("uncertain", 1)
    assert "not called again" in outcome["errors"][0]["message"]
    calls.lost = 0
    for days in (0, 2):
        age_of_requests(tmp_path / "store", days)
        outcomes = target.write(PACKAGES, PACKAGE, remember=True, around=calls, **ALLOWED)
        assert ({each["outcome"] for each in outcomes}, calls.count) == ({"uncertain"}, 1)
    target.desk.company.update(STORED, row_id, {"applyStatus": "Completed"})
    outcomes = target.write(PACKAGES, PACKAGE, remember=True, around=calls, **ALLOWED)
    assert {each["outcome"] for each in outcomes} <= {"posted", "existing"}
    assert calls.count == 1


@pytest.mark.parametrize("works", [True, False], ids=["behind the work", "before it"])
@pytest.mark.parametrize("status", [401, 429])
def test_an_action_that_somebody_on_the_way_refused_is_not_called_again(target, status, works):
    planted(target)
    calls = Calls(lost=1, works=works, status=status)
    (outcome,) = target.write(PACKAGES, PACKAGE, remember=True, around=calls, **ALLOWED)
    assert (outcome["outcome"], calls.count) == ("posted" if works else "uncertain", 1)


def test_an_unanswered_action_is_settled_by_the_record_without_it(target):
    planted(target)
    calls = Calls(lost=1, works=False)
    target.write(PACKAGES, PACKAGE, remember=True, around=calls, **ALLOWED)
    bare = {name: value for name, value in PACKAGE.items() if name != "action"}
    outcomes = target.write(PACKAGES, bare, remember=True, around=calls, **ALLOWED)
    assert outcomes[-1]["outcome"] == "unchanged", outcomes
    (outcome,) = target.write(PACKAGES, PACKAGE, remember=True, around=calls, **ALLOWED)
    assert (outcome["outcome"], calls.count) == ("posted", 2)


def test_a_refused_action_leaves_the_row_and_gives_the_services_reason(target):
    planted(target, importStatus="No")
    calls = Calls()
    (outcome,) = target.write(PACKAGES, PACKAGE, remember=True, around=calls, **ALLOWED)
    assert (outcome["outcome"], calls.count) == ("rejected", 1)
    assert "Import Status is not completed" in outcome["errors"][0]["message"]
    assert target.row(STORED, code="P-1")["packageName"] == "Example"


def test_a_refused_action_that_was_carried_out_all_the_same_counts_as_carried_out(target):
    planted(target)

    def refused(request, send):
        response = send(request)
        if b"Microsoft.NAV.apply" not in (request.url.encode() + (request.body or b"")):
            return response
        return Response(400, {}, b'{"error": {"code": "Application_DialogException", "message": "No."}}')

    (outcome,) = target.write(PACKAGES, PACKAGE, remember=True, around=refused, **ALLOWED)
    assert outcome["outcome"] == "posted"
    assert outcome["errors"][0]["message"].startswith("Business Central refused apply")


def test_what_an_action_sets_against_the_record_is_said_and_not_set_back(target):
    planted(target)
    record = {**PACKAGE, "packageName": "Mine"}

    def renaming(request, send):
        response = send(request)
        if b"Microsoft.NAV.apply" in (request.url.encode() + (request.body or b"")):
            row = target.row(STORED, code="P-1")
            target.desk.company.update(STORED, row["id"], {"packageName": "Theirs"})
        return response

    (outcome,) = target.write(PACKAGES, record, remember=True, around=renaming, **ALLOWED)
    assert (outcome["outcome"], codes(outcome)) == ("posted", [("packageName", "changed_by_action")])
    assert target.row(STORED, code="P-1")["packageName"] == "Theirs"


def test_a_row_that_is_gone_after_its_action_is_not_created_again(target):
    planted(target)

    def removing(request, send):
        response = send(request)
        if b"Microsoft.NAV.apply" in (request.url.encode() + (request.body or b"")):
            target.desk.company.delete(STORED, target.row(STORED, code="P-1")["id"])
        return response

    (outcome,) = target.write(PACKAGES, PACKAGE, remember=True, around=removing, **ALLOWED)
    assert (outcome["outcome"], target.rows(STORED)) == ("posted", [])


def test_a_dry_run_and_posting_never_call_nothing(target):
    planted(target)
    calls = Calls()
    (foretold,) = target.write(PACKAGES, PACKAGE, remember=True, around=calls, dry_run=True, **ALLOWED)
    (left,) = target.write(PACKAGES, PACKAGE, remember=True, around=calls, posting="never", **ALLOWED)
    assert (foretold["outcome"], left["outcome"], calls.count) == ("posted", "unchanged", 0)
