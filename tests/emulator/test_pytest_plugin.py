"""The pytest plugin that users get with the emulator."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import pytest

from dynamics_bc_emulator.driver import ControlError

if TYPE_CHECKING:
    from pathlib import Path

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


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_users.py").write_text(TESTS)
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


def test_the_settings_reach_the_emulator_and_take_others(business_central: BusinessCentral) -> None:
    tap = business_central.tap_config(page_size=7)
    target = business_central.target_config(posting="never")
    assert tap["api_url"] == tap["auth_url"] == business_central.url
    assert (tap["page_size"], target["posting"], target["company"]) == (7, "never", COMPANY)
    assert business_central.target_config(company="Contoso Services Ltd.")["company"] == "Contoso Services Ltd."


def test_a_refused_control_raises_the_emulators_sentence(business_central: BusinessCentral) -> None:
    with pytest.raises(ControlError, match="there is no switch infilter"):
        business_central.control.switches(infilter="ignore")


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
