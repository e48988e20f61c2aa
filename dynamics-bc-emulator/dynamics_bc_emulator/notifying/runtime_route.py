"""The API about the service itself: which resources can be watched, and the subscriptions to business events."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.notifying.resources import can_be_watched
from dynamics_bc_emulator.odata.catalogue import Property
from dynamics_bc_emulator.odata.routes import Route
from dynamics_bc_emulator.rows.made import Made

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.makers.asked import Asked
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rows.view import View

_VERSIONS = ("beta", "v1.0")
_OF_THE_STANDARD = ("companies", "externalbusinesseventdefinitions", "externaleventsubscriptions")
_RESOURCES = "webhookSupportedResources"


def runtime_routes(standard: Route[Any]) -> tuple[Route[Any], ...]:
    """`api/microsoft/runtime` in both versions that the documentation names."""
    kept = {name: standard.catalogue.sets[name] for name in _OF_THE_STANDARD if name in standard.catalogue.sets}
    resources = replace(
        standard.catalogue.sets["companies"],
        name=_RESOURCES,
        entity="webhookSupportedResource",
        table="Api Webhook Entity",
        key=("resource",),
        tenant_wide=False,
        properties={"resource": Property("resource", "Edm.String", "resource")},
        navigation={},
        _spellings={},
    )
    catalogue = replace(standard.catalogue, sets={**kept, _RESOURCES: resources})
    rows = {**{name: standard.rows[name] for name in kept}, _RESOURCES: Made(resources, _supported)}
    return tuple(Route(f"api/microsoft/runtime/{version}", catalogue, rows) for version in _VERSIONS)


def _supported(view: View, _: Asked) -> list[Row]:
    return [
        {"resource": f"{route.prefix.removeprefix('api/')}/{name}"}
        for route in view.service.routes
        for name, known in sorted(route.catalogue.sets.items())
        if can_be_watched(route, known)
    ]
