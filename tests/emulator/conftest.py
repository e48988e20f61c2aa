"""The emulator as a client sees it that is nothing but `requests`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from emulator.in_process import Desk, open_desk
from emulator.plain_api import Api, sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynamics_bc_emulator.driver import BusinessCentral


@pytest.fixture
def api(business_central: BusinessCentral) -> Api:
    """The data API of the emulator at its seed, signed in."""
    return sign_in(business_central)


@pytest.fixture
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """The service at its seed, without its server; `release(29)` marks a test that needs what that release shows."""
    marked = request.node.get_closest_marker("release")
    opened = open_desk(*(marked.args if marked else ()))
    yield opened
    opened.service.store.close()
