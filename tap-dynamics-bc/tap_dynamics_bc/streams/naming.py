"""What are streams called, and what do they hold: as the service's entity sets, or as a HotGlue job knows them?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_dynamics_bc.streams.discovery import describe_streams
from tap_dynamics_bc.streams.entities import entity_set_default
from tap_dynamics_bc.streams.hotglue import (
    ELSEWHERE,
    ENTITY_SET,
    HOTGLUE,
    describe_hotglue_streams,
    hotglue_default,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from dynamics_bc_client.odata.metadata import Metadata
    from tap_dynamics_bc.streams.description import Stream


@dataclass(frozen=True, slots=True)
class Naming:
    """One way to name streams.

    Attributes:
        describe: The streams by name, out of the metadata.
        is_default: Whether a stream of that name is selected when nobody says otherwise, also one that is not there.
        elsewhere: Streams that are known by name and come from routes that are not read.
    """

    describe: Callable[[Metadata], dict[str, Stream]]
    is_default: Callable[[str], bool]
    elsewhere: Collection[str] = ()

    def why_missing(self, name: str) -> str:
        """Why a stream of that name is not there."""
        if name in self.elsewhere:
            return "it comes from another route, which this tap does not read"
        return "the metadata of the service does not have it"


NAMINGS: Mapping[str, Naming] = {
    ENTITY_SET: Naming(describe_streams, entity_set_default),
    HOTGLUE: Naming(describe_hotglue_streams, hotglue_default, ELSEWHERE),
}
"""By the setting `stream_naming`."""
