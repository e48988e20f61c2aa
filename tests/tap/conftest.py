"""What the tap's tests may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tap.running import freeze

from tap_dynamics_bc.streams.discovery import describe_streams
from tap_dynamics_bc.tap import TapDynamicsBC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator_control import RunningEmulator

    from tap_dynamics_bc.streams.description import Stream


@pytest.fixture(autouse=True)
def quiet_metrics(caplog: pytest.LogCaptureFixture) -> None:
    """Leave the SDK's metrics out of what a failing test shows."""
    caplog.set_level("WARNING", logger="singer_sdk.metrics")


@pytest.fixture
def frozen(emulator: RunningEmulator) -> Iterator[RunningEmulator]:
    """The emulator at its seed, its clock stopped."""
    freeze(emulator)
    yield emulator
    emulator.session.post(f"{emulator.url}/_emulator/clock", json={"frozen": False}, timeout=60)


@pytest.fixture(scope="session")
def descriptions(emulator_process: RunningEmulator) -> dict[str, Stream]:
    """All streams of the emulated environment."""
    tap = TapDynamicsBC(config=emulator_process.config(), setup_mapper=False)
    try:
        return describe_streams(tap.client.metadata())
    finally:
        tap.close()
