"""Does a log say where a run writes, what it may do, and what became of its records?"""

from __future__ import annotations

from pathlib import Path

import pytest

from dynamics_bc_client.companies import Company
from dynamics_bc_client.settings import ConnectionSettings
from target_dynamics_bc.first_and_last_line import ended, first_line, result
from target_dynamics_bc.kept.outcomes import Outcome, Tally
from target_dynamics_bc.settings import TargetSettings
from tests.target.at_the_desk import Target

CONNECTION = ConnectionSettings(tenant_id="t-1", environment_name="Sandbox")
CRONUS = Company("1", "CRONUS", "")


def tally(*kinds):
    counted = Tally()
    for kind in kinds:
        counted.add(Outcome("Bills", 1, kind, "purchaseInvoices"))
    return counted


@pytest.mark.parametrize(
    ("settings", "company", "said"),
    [
        ({}, CRONUS, 'company "CRONUS"; posting if_requested.'),
        ({"posting": "never"}, None, "the company that each record names; posting never."),
        (
            {"route_by_company": True, "dry_run": True},
            CRONUS,
            'company "CRONUS" or the one that a record names; a dry run: nothing is written.',
        ),
        (
            {"allowed_companies": ("CRONUS", "Contoso")},
            CRONUS,
            'company "CRONUS", and to no company but CRONUS and Contoso; posting if_requested.',
        ),
    ],
)
def test_the_first_line_says_where_records_go_and_what_may_be_done(settings, company, said):
    line = first_line("r-1", CONNECTION, TargetSettings(**settings), company)
    assert line == f'Run r-1 writes to environment "Sandbox" of tenant t-1, {said}'


@pytest.mark.parametrize(
    ("fail_on", "kinds", "end"),
    [
        ("any", ("created",), (0, "")),
        ("any", ("created", "rejected"), (1, "1 record was rejected")),
        ("any", ("rejected", "rejected"), (1, "2 records were rejected")),
        ("never", ("rejected",), (0, "")),
        ("undecided", ("rejected",), (0, "")),
    ],
)
def test_the_exit_code_comes_with_its_reason(fail_on, kinds, end):
    assert ended(tally(*kinds), TargetSettings(fail_on=fail_on)) == end


def test_the_last_line_counts_and_says_where_outcomes_went():
    settings = TargetSettings(outcomes_path=Path("/s/outcomes.jsonl"), dead_letter_path=Path("/s/dead-letter.singer"))
    assert result(tally("created", "created", "rejected"), settings) == (
        "2 created, 1 rejected. Outcomes are in /s/outcomes.jsonl, rejected records in /s/dead-letter.singer; the "
        "state is the last line of standard output, if one came."
    )


def test_the_last_line_says_where_results_are():
    settings = TargetSettings(outcomes_path=Path("/s/outcomes.jsonl"), results_stream=Path("/s/results.singer"))
    assert "Outcomes are in /s/outcomes.jsonl, results in /s/results.singer; " in result(tally("created"), settings)


def test_a_dry_run_says_that_no_state_was_passed_on():
    assert result(tally(), TargetSettings(dry_run=True)) == ("No records; no STATE was passed on.")


def test_a_snapshot_folder_that_is_not_there_is_named_once_and_made(tmp_path, caplog):
    caplog.set_level("INFO")
    target, folder = Target(tmp_path), tmp_path / "snapshts"
    for _ in range(2):
        target.write("vendors", {"number": "S-1", "displayName": "S"}, snapshot_dir=str(folder))
    said = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    named = f'snapshot_dir names the folder "{folder}", which does not exist: '
    assert [each.startswith(named) for each in said if "snapshot_dir" in each] == [True]
    assert folder.is_dir()


def test_a_new_store_is_told_once(tmp_path, caplog):
    caplog.set_level("INFO")
    for _ in range(2):
        Target(tmp_path).write("vendors", {"number": "S-1", "displayName": "S"}, remember=True)
    assert caplog.text.count(f'The store "{tmp_path / "store"}" is new') == 1
