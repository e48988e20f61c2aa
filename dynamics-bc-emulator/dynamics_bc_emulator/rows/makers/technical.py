"""Rows that tell of the service itself: which APIs it has, and the captions of what an API offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_emulator.odata.metadata import entity_definitions as definitions_of
from dynamics_bc_emulator.refusals import not_implemented
from dynamics_bc_emulator.rows.business_events import load_events
from dynamics_bc_emulator.values import encode

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.makers.asked import Asked
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rows.view import View

_API = "api/"


def api_category_routes(view: View, _: Asked) -> list[Row]:
    """One row for each API: the standard one has a version alone, any other a publisher and a group too."""
    paths = (route.prefix for route in view.service.routes)
    return [_route(path.removeprefix(_API)) for path in paths if path.startswith(_API)]


def _route(path: str) -> Row:
    publisher, group, version = ("", "", path) if "/" not in path else path.split("/", 2)
    return {"route": path, "publisher": publisher, "group": group, "version": version}


def entity_definitions(view: View, wanted: Asked) -> list[Row]:
    """Captions, in English.

    Raises:
        Refusal: They are asked for by the name of a set; the service knows them by the name of the entity only.
    """
    if "entitySetName" in wanted.wanted:
        raise not_implemented("The OData filter expression is not supported.")
    return definitions_of(view.catalogue, wanted.wanted.get("entityName"))


def event_definitions(_: View, __: Asked) -> list[Row]:
    """The external business events that can be subscribed to."""
    known = load_events()
    app = {"appId": known.app.id, "appName": known.app.name, "appPublisher": known.app.publisher}
    return [
        {
            **app,
            "appVersion": known.app.version,
            "eventVersion": known.version,
            "name": event.name,
            "displayName": event.displayName,
            "description": event.description,
            "category": event.category,
            "payload": encode(
                [{"Index": place, "Name": name, "Type": type_} for place, (name, type_) in enumerate(event.payload)]
            ).decode(),
        }
        for event in known.events
    ]
