"""The fixture `business_central`: a Business Central for tests, back at its seed for each of them.

    def test_customers_arrive(business_central):
        business_central.control.faults([{"path": "customers", "status": 503}])
        run_my_pipeline(business_central.tap_config(start_date="2026-01-01T00:00:00Z"))
        assert my_customers() == len(business_central.control.rows("CRONUS International Ltd.", "customers"))

It needs the extra `dynamics-bc-singer[emulator]`. A fixture `business_central_options` of your own changes the options
that the emulator is started with.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynamics_bc_emulator.driver import BusinessCentral


@pytest.fixture(scope="session")
def business_central_options() -> tuple[str, ...]:
    """Options of the command; tests ask more in five minutes than the service allows."""
    return ("--requests-per-window", "1000000")


@pytest.fixture(scope="session")
def business_central_process(business_central_options: tuple[str, ...]) -> Iterator[BusinessCentral]:
    """One emulator for all tests of this process, as the last test left it."""
    for name in ("starlette", "uvicorn"):
        if find_spec(name) is None:
            pytest.fail(f"The emulator needs {name}; install dynamics-bc-singer[emulator].", pytrace=False)
    from dynamics_bc_emulator.driver import start_business_central  # noqa: PLC0415 - only where a test asks for it

    running = start_business_central(*business_central_options)
    yield running
    running.stop()


@pytest.fixture
def business_central(business_central_process: BusinessCentral) -> BusinessCentral:
    """The emulator at its seed: rows, clock, switches, permissions, no faults, an empty log."""
    business_central_process.control.reset()
    return business_central_process
