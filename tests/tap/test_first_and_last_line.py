"""Does a log say which run it is of, what that reads, and how it ended?"""

from __future__ import annotations

import logging
import re

from tap.running import run_tap

from dynamics_bc_client.companies import Company
from dynamics_bc_client.settings import ConnectionSettings
from tap_dynamics_bc.first_and_last_line import first_line, result
from tap_dynamics_bc.settings import TapSettings

SECRET = "not-a-secret-but-nobody-may-see-it"
CONNECTION = ConnectionSettings(tenant_id="t-1", environment_name="Sandbox", client_id="c", client_secret=SECRET)
COMPANIES = [Company(str(number), f"Company {number}", "") for number in range(7)]


def test_the_first_line_says_tenant_environment_companies_and_mode():
    line = first_line("r-1", CONNECTION, TapSettings(), COMPANIES[:2], streams=3, continued=False)
    assert line == (
        'Run r-1 reads 3 streams of environment "Sandbox" of tenant t-1, 2 companies: "Company 0", "Company 1"; '
        "stream_naming is entity_set; it reads everything, as there is no state."
    )
    assert SECRET not in line


def test_the_first_line_names_a_few_of_many_companies():
    line = first_line("r-1", CONNECTION, TapSettings(), COMPANIES, streams=1, continued=True)
    assert '"Company 4" and 2 more; ' in line
    assert line.endswith("it reads what changed since the state was written.")


def test_the_first_line_says_since_when_a_first_run_reads():
    settings = TapSettings(start_date="2026-01-01T00:00:00.000Z")
    line = first_line("r-1", CONNECTION, settings, [], streams=1, continued=False)
    assert line.endswith("it reads what changed since 2026-01-01T00:00:00.000Z.")


def test_the_last_line_says_what_was_written_and_where_the_state_went():
    assert result(1234, with_state=True) == ("1,234 records written; the state is the last line of standard output.")
    assert result(1, with_state=False) == "1 record written; no state was written."


def test_a_run_that_ended_before_it_wrote_a_state_does_not_claim_one(frozen, caplog):
    caplog.set_level(logging.INFO)
    outcome = run_tap(frozen.config(company_ids=["Nobody Ltd."]), select=["customers"])
    assert outcome.error is not None
    (last,) = [record.getMessage() for record in caplog.records if " ended with exit code " in record.getMessage()]
    assert last.endswith("0 records written; no state was written.")


def test_a_run_begins_and_ends_with_lines_of_its_own_id(frozen, caplog):
    caplog.set_level(logging.INFO)
    outcome = run_tap(frozen.config(), select=["customers"])
    assert outcome.error is None
    lines = [record.getMessage() for record in caplog.records if record.getMessage().startswith("Run ")]
    first, last = lines
    assert re.match(r"Run ([0-9a-f-]{36}) reads 1 stream of environment", first)
    assert all(company["name"] in first for company in frozen.companies())
    assert last.startswith(f"{first.partition(' reads')[0]} ended with exit code 0. ")
    assert f" {len(outcome.records['customers'])} records written" in last
