"""The service at its seed, and a check of what the collected files say they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from conformance.claims import FOLDER, claims_of, faults
from conformance.plain_http import Api
from emulator.in_process import open_desk

from dynamics_bc_emulator.odata.catalogue import NEWEST_RELEASE

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.register_assert_rewrite(
    *(f"conformance.{name}_documents" for name in ("delivered", "shown")),
    *(f"conformance.document_{part}" for part in ("actions", "headers", "lines")),
)


@pytest.fixture
def api() -> Iterator[Api]:
    """The API of the demo company as the seed left it; some milliseconds."""
    # The suite that the names are of is the newest release's.
    desk = open_desk(NEWEST_RELEASE)
    yield Api(desk)
    desk.service.store.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse names that are not theirs, that are held twice, or that are said not to be shown."""
    here = [item for item in items if isinstance(item, pytest.Function) and item.path.parent == FOLDER]
    modules = {item.module.__name__: item.module for item in here}
    wrong = list(faults(claim for module in modules.values() for claim in claims_of(module)))
    if wrong:
        raise pytest.UsageError("\n".join(wrong))
