"""How is the index of known keys opened for one run, and is it of this environment?"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.limits import NAME_CHARACTERS
from dynamics_bc_client.store_folder import StoreFolder, make_folder
from tap_dynamics_bc.deletions.index import Index

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


class Store:
    """The index in a store that no other run uses meanwhile.

    Args:
        folder: The store.

    Raises:
        ConfigurationError: Another run uses it, or it cannot be opened.
    """

    def __init__(self, folder: Path) -> None:
        self._opened = contextlib.ExitStack()
        with contextlib.ExitStack() as opened:
            with contextlib.suppress(OSError):  # whoever comes next says why it cannot be made
                make_folder(folder)
            opened.enter_context(StoreFolder(folder).lock("keys"))
            self.index = Index(folder)
            opened.callback(self.index.close)
            self._opened = opened.pop_all()

    def bind(self, environment: Mapping[str, str], companies: Iterable[str]) -> None:
        """See to it that the index is of this environment.

        Args:
            environment: What it is named by.
            companies: The ids of its companies.

        Raises:
            ConfigurationError: The index is of another one.
        """
        theirs = self.index.environment()
        if theirs == dict(environment):
            return
        known = self.index.company_ids()
        if theirs and known and known.isdisjoint(each.lower() for each in companies):
            both = (theirs, environment)
            named, here = (", ".join(text[:NAME_CHARACTERS] for text in each.values()) for each in both)
            raise ConfigurationError(
                f"The index of known keys in store_path is of another environment ({named}), not of this one ({here}). "
                "Give this environment a store_path of its own."
            )
        self.index.bind(environment)

    def close(self) -> None:
        """Close it, and let other runs use it."""
        self._opened.close()
