"""The pytest plugin that users get with the emulator."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from dynamics_bc_emulator import driver
from dynamics_bc_emulator.driver import Control, ControlError

if TYPE_CHECKING:
    from dynamics_bc_emulator.driver import BusinessCentral

COMPANY = "CRONUS International Ltd."
TESTS = """
import pytest

@pytest.fixture(scope="session")
def business_central_options():
    return ("--companies", "1")

@pytest.mark.parametrize("round", [1, 2])
def test_every_test_begins_at_the_seed(business_central, round):
    control = business_central.control
    (company,) = control.companies()
    customer, *_ = control.rows(company["id"], "customers")
    assert customer["email"] != "changed@example.com"
    control.edit(company=company["id"], entity_set="customers", id=customer["id"], set={"email": "changed@example.com"})
    assert control.rows(company["id"], "customers")[0]["email"] == "changed@example.com"
"""
WITHOUT = """
import importlib.util, sys
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "uvicorn" else find_spec(name, *more)
import pytest
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "-p", "dynamics_bc_emulator.pytest_plugin", *sys.argv[1:]]))
"""


def run(folder: Path, *command: str, tests: str = TESTS) -> subprocess.CompletedProcess[str]:
    (folder / "test_users.py").write_text(tests)
    (folder / "pytest.ini").write_text("[pytest]\n")
    words = [sys.executable, *command, "test_users.py"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def test_a_users_tests_begin_at_the_seed_with_options_of_their_own(tmp_path: Path) -> None:
    ended = run(tmp_path, "-m", "pytest", "-q", "-p", "dynamics_bc_emulator.pytest_plugin")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "2 passed" in ended.stdout


def test_without_the_extra_a_test_that_asks_for_it_says_what_to_install(tmp_path: Path) -> None:
    ended = run(tmp_path, "-c", WITHOUT)
    assert ended.returncode == 1
    assert "The emulator needs uvicorn; install dynamics-bc-singer[emulator]." in ended.stdout
    assert "Traceback" not in ended.stdout


def test_the_plugin_brings_nothing_that_only_the_extra_installs() -> None:
    script = (
        "import sys, dynamics_bc_emulator.pytest_plugin; print({'starlette', 'uvicorn', 'msgspec'} & set(sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout == "set()\n"


def test_it_is_named_as_its_module_so_that_a_conftest_may_name_it_too() -> None:
    for point in entry_points(group="pytest11"):
        if point.value.startswith("dynamics_bc"):
            assert point.name == point.value


MARKED = """
import os
import pytest

@pytest.fixture(scope="session")
def business_central_options():
    return ("--companies", "1")

def test_of_one_company(business_central):
    assert len(business_central.control.companies()) == 1

@pytest.mark.business_central("--companies", "3")
def test_of_three(business_central, business_central_with):
    assert len(business_central.control.companies()) == 3
    other = business_central_with("--companies", "1")
    assert other.url != business_central.url
    assert business_central_with("--companies", "1") is other

def test_that_fails(business_central):
    import urllib.request
    request = urllib.request.Request(f"{business_central.api}/companies?$top=1", headers=business_central.headers())
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 201, os.environ.get("PYTEST_XDIST_WORKER", "alone")

def test_whose_emulator_ended(business_central):
    business_central.process.kill()
    business_central.process.wait()
    business_central.control.companies()

def test_after_it_has_an_emulator_again(business_central):
    assert len(business_central.control.companies()) == 1

@pytest.mark.business_central("--companies", "none")
def test_of_a_bad_option(business_central):
    pass
"""


def test_marks_choose_the_options_and_failures_say_what_was_asked(tmp_path: Path) -> None:
    ended = run(
        tmp_path, "-m", "pytest", "-q", "-p", "dynamics_bc_emulator.pytest_plugin", "--strict-markers", tests=MARKED
    )
    assert "3 passed" in ended.stdout
    assert "2 failed" in ended.stdout
    assert "1 error" in ended.stdout
    report = ended.stdout
    assert "- Business Central -" in report
    assert "200 GET /v2.0/Production/api/v2.0/companies?$top=1" in report
    assert "The emulator has ended with -9." in report
    assert "No emulator answers GET http://127.0.0.1:" in report
    assert "The emulator ended with 2 before it was ready." in report
    assert "Invalid value for '--companies': 'none' is not a valid integer range." in report
    assert "Its options are --companies 1 --companies none" in report


SCOPED = """
import pytest

@pytest.mark.parametrize("round", [1, 2])
def test_every_module_begins_at_the_seed(business_central, round):
    control = business_central.control
    company, *_ = control.companies()
    customer, *_ = control.rows(company["id"], "customers")
    assert (customer["email"] == "changed@example.com") == (round == 2)
    control.edit(company=company["id"], entity_set="customers", id=customer["id"], set={"email": "changed@example.com"})
"""


def test_a_scope_of_a_module_goes_back_to_the_seed_once_in_it(tmp_path: Path) -> None:
    (tmp_path / "test_another.py").write_text(SCOPED)
    plugin = ("-p", "dynamics_bc_emulator.pytest_plugin", "-p", "no:cacheprovider")
    scope = ("-o", "business_central_scope=module", "test_another.py")
    ended = run(tmp_path, "-m", "pytest", "-q", *plugin, *scope, tests=SCOPED)
    assert "4 passed" in ended.stdout, ended.stdout
    refused = run(tmp_path, "-m", "pytest", *plugin, "-o", "business_central_scope=file", tests=SCOPED)
    assert refused.returncode == 4
    assert "business_central_scope is one of function, class, module, package, session, not 'file'." in refused.stderr


def test_no_emulator_outlives_the_program_that_started_it() -> None:
    script = """
import os
from dynamics_bc_emulator.driver import start_business_central
running = start_business_central("--companies", "1")
print(running.url, flush=True)
os._exit(9)
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 9
    control = Control(ended.stdout.strip())
    until = time.monotonic() + 20
    with pytest.raises(ControlError, match="It may have ended"):  # noqa: PT012 - until it has
        while time.monotonic() < until:
            control.companies()


def test_a_token_and_an_address_are_all_that_a_client_needs(business_central: BusinessCentral) -> None:
    url = business_central.company_url("Contoso Services Ltd.")
    answer = requests.get(f"{url}/items", headers=business_central.headers(Prefer="odata.maxpagesize=2"), timeout=60)
    assert len(answer.json()["value"]) == 2
    with pytest.raises(ValueError, match=r"no company 'Nobody'; there are CRONUS International Ltd\., Contoso"):
        business_central.company_url("Nobody")
    business_central.control.faults([{"path": "/token", "status": 500}])
    with pytest.raises(ControlError, match="is answered 500"):
        business_central.token()


def test_the_settings_reach_the_emulator_and_take_others(business_central: BusinessCentral) -> None:
    tap = business_central.tap_config(page_size=7)
    target = business_central.target_config(posting="never")
    assert tap["api_url"] == tap["auth_url"] == business_central.url
    assert (tap["page_size"], target["posting"], target["company"]) == (7, "never", COMPANY)
    assert business_central.target_config(company="Contoso Services Ltd.")["company"] == "Contoso Services Ltd."


def test_a_refused_control_raises_the_emulators_sentence(business_central: BusinessCentral) -> None:
    with pytest.raises(ControlError, match="there is no switch infilter"):
        business_central.control.switches(infilter="ignore")


def test_every_control_has_a_method() -> None:
    folder = Path(driver.__file__).parent
    called = set(re.findall(r'self\.call\("(\w+)", "(\w+)"', (folder / "driver.py").read_text()))
    there = set(re.findall(r'\("(\w+)", "(\w+)"\): lambda', (folder / "http" / "control.py").read_text()))
    assert len(there) > 20
    assert there <= called


def test_the_controls_look_and_answer(business_central: BusinessCentral) -> None:
    control = business_central.control
    assert control.sets(COMPANY)["customers"] == len(control.rows(COMPANY, "customers"))
    assert control.about()["url"] == business_central.url
    assert control.clock()["frozen"] is False
    assert control.all_switches()["in_filter"] == "refuse"
    assert control.mails() == control.ordered_faults() == []
    control.vanish(entity_set="items")
    items = f"{business_central.company_url()}/items"
    assert requests.get(items, headers=business_central.headers(), timeout=60).status_code == 404
    control.come_back()
    control.permissions([{"entity_set": "items", "read": False}])
    assert requests.get(items, headers=business_central.headers(), timeout=60).status_code == 403
    control.allow_everything()
    assert requests.get(items, headers=business_central.headers(), timeout=60).status_code == 200


def test_the_controls_steer_clock_switches_and_faults(business_central: BusinessCentral) -> None:
    control = business_central.control
    control.freeze()
    control.set_clock("2027-05-05T05:05:05Z")
    control.advance("PT1H")
    assert control.call("GET", "clock")["now"] == "2027-05-05T06:05:05.000000Z"
    assert control.switches(in_filter="ignore")["in_filter"] == "ignore"
    assert control.refresh_token() != control.refresh_token()
    control.faults([{"path": "environments", "status": 503}])
    control.clear_faults()
    assert control.requests() == []
