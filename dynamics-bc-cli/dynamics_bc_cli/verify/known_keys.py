"""Which ids does the tap's own index have: rows that were emitted and not deleted again?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_cli.verify.sides import DESTINATION, Part
from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.store_folder import StoreFolder, is_there
from tap_dynamics_bc.deletions.index import FILE_NAME, Index

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from dynamics_bc_cli.verify.sides import Sides


def read_known_keys(folder: Path, sides: Sides, streams: Collection[str]) -> None:
    """Put down the ids of the index in a store.

    Args:
        folder: The store.
        sides: Where ids go.
        streams: Which streams are compared.

    Raises:
        ConfigurationError: There is no index, or a run uses it.
    """
    check_known_keys(folder)
    with StoreFolder(folder).lock("keys"):
        index = Index(folder)
        try:
            known = (
                (Part(stream, company_id), key, False)
                for stream, company_id, key in index.emitted()
                if stream in streams
            )
            sides.put(DESTINATION, known, merge=True)
        finally:
            index.close()


def check_known_keys(folder: Path) -> None:
    """See that a store has an index.

    Raises:
        ConfigurationError: It has none.
    """
    if not is_there(folder / FILE_NAME):
        raise ConfigurationError(f'There is no index of known keys in "{folder}": a run with "deletes" makes one.')
