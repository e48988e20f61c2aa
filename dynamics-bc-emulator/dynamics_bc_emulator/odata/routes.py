"""An API below the service's root: what it offers, and where its rows are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

from dynamics_bc_emulator.odata.metadata import metadata_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_emulator.odata.catalogue import Catalogue

RowsT = TypeVar("RowsT")


@dataclass(frozen=True)
class Route(Generic[RowsT]):
    """An API.

    Attributes:
        prefix: Its path below the environment: `api/v2.0`.
        catalogue: Its entity sets.
        rows: Where the rows of each set are.
        companies: The name of the step that names a company.
        document: Its metadata document, if it was given; written from the catalogue otherwise.
    """

    prefix: str
    catalogue: Catalogue
    rows: Mapping[str, RowsT]
    companies: str = "companies"
    document: bytes | None = None

    @cached_property
    def metadata(self) -> bytes:
        """The `$metadata` document."""
        return metadata_document(self.catalogue) if self.document is None else self.document

    def path_below(self, path: str) -> str | None:
        """What of a path below the environment is below this API; None if it is not."""
        if path == self.prefix:
            return ""
        return path[len(self.prefix) + 1 :] if path.startswith(f"{self.prefix}/") else None
