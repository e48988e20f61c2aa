"""What the tests of the shells may ask for."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65_534


@pytest.fixture
def unprivileged_folder() -> Iterator[Path]:
    """A folder whose permissions bind this process, also where the tests are run by root."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        folder = Path(made)
        privileged = os.geteuid() == 0
        if privileged:
            os.chown(folder, NOBODY, -1)
            os.seteuid(NOBODY)
        try:
            yield folder
        finally:
            if privileged:
                os.seteuid(0)
            folder.chmod(0o700)
