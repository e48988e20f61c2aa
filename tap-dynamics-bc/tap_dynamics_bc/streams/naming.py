"""What are streams called, and what do they hold: as the service's entity sets, or as a HotGlue job knows them?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from tap_dynamics_bc.streams.discovery import describe_streams
from tap_dynamics_bc.streams.entities import entity_set_default
from tap_dynamics_bc.streams.hotglue import (
    ELSEWHERE,
    ENTITY_SET,
    HOTGLUE,
    STREAMS,
    describe_hotglue_streams,
    hotglue_default,
    hotglue_service,
)
from tap_dynamics_bc.streams.routes import WEB_SERVICES_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from dynamics_bc_client.odata.metadata import Metadata
    from tap_dynamics_bc.streams.description import Stream
    from tap_dynamics_bc.streams.routes import Route


class Describe(Protocol):
    """Makes streams of metadata."""

    def __call__(self, metadata: Metadata, others: Mapping[Route, Metadata], /) -> dict[str, Stream]:
        """The streams by name, out of the standard API's metadata and that of the routes in `Naming.elsewhere`."""


@dataclass(frozen=True, slots=True)
class Naming:
    """One way to name streams.

    Attributes:
        describe: The streams by name, out of the metadata.
        is_default: Whether a stream of that name is selected when nobody says otherwise, also one that is not there.
        elsewhere: Streams that come from other routes than the standard one, and those routes.
        names: Those that it gives whatever the metadata says.
        services_prefix: What the names of streams of published web services begin with.
        service: What it makes of such a stream.
    """

    describe: Describe
    is_default: Callable[[str], bool]
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    names: Collection[str] = ()
    services_prefix: str = WEB_SERVICES_PREFIX
    service: Callable[[Stream], Stream] = lambda stream: stream


NAMINGS: Mapping[str, Naming] = {
    ENTITY_SET: Naming(lambda metadata, _: describe_streams(metadata), entity_set_default),
    HOTGLUE: Naming(describe_hotglue_streams, hotglue_default, ELSEWHERE, STREAMS, "", hotglue_service),
}
"""By the setting `stream_naming`."""
