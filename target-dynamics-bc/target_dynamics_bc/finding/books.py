"""What does the target know of a company that it writes to?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_dynamics_bc.finding.dimensions import DimensionCatalogue


@dataclass(frozen=True, slots=True)
class Books:
    """A company that is written to.

    Attributes:
        id: Its id.
        name: Its name.
        dimensions: Its dimensions and their values.
        local_currency: Code of its own currency, which is no row of `currencies`; blank when it could not be read.
        header_dimensions: The property of a document's header that takes a value of the dimension, by the dimension's
            code.
    """

    id: str
    name: str
    dimensions: DimensionCatalogue
    local_currency: str = ""
    header_dimensions: Mapping[str, str] | None = None
