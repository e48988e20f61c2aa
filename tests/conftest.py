"""What every test may ask for."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from emulator_control import RunningEmulator
from hypothesis import settings

from dynamics_bc_client.redaction import OUTGOING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynamics_bc_emulator.driver import BusinessCentral

pytest_plugins = ("dynamics_bc_emulator.pytest_plugin",)

# The same examples in every run, so that a red suite means a changed program.
settings.register_profile("suite", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("suite")


def pytest_configure() -> None:
    """Hear SIGINT: where a shell began the suite in the background it is ignored, also by all that tests start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def emulator_process(business_central_process: BusinessCentral) -> Iterator[RunningEmulator]:
    """One emulator for all tests of this worker."""
    running = RunningEmulator(business_central_process)
    yield running
    running.session.close()


@pytest.fixture
def emulator(emulator_process: RunningEmulator) -> RunningEmulator:
    """The emulator, back at its seed."""
    emulator_process.reset()
    return emulator_process


@pytest.fixture(autouse=True)
def _no_secrets_of_others() -> Iterator[None]:
    """A text that is a secret in one test is none in the next."""
    yield
    OUTGOING.forget()
