"""The emulator as a client sees it that is nothing but `requests`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from emulator.plain_api import Api, sign_in

if TYPE_CHECKING:
    from emulator_control import RunningEmulator


@pytest.fixture
def api(emulator: RunningEmulator) -> Api:
    """The data API of the emulator at its seed, signed in."""
    return sign_in(emulator)
