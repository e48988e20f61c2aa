"""What the tests of the client may ask for."""

from __future__ import annotations

import pytest
from client.scripted_service import World


@pytest.fixture
def world() -> World:
    """A service that answers from a script, and a clock that only moves when somebody waits."""
    return World()
