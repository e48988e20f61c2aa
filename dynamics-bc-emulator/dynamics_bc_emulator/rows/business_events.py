"""Which external business events there are, and what each of them carries: facts of the app that raises them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec


class App(msgspec.Struct, frozen=True):
    """The extension that raises the events."""

    id: str
    name: str
    publisher: str
    version: str


class Event(msgspec.Struct, frozen=True):
    """An event.

    Attributes:
        payload: Names of the parameters with their types.
    """

    name: str
    displayName: str  # noqa: N815 - as it is served
    description: str
    category: str
    payload: list[tuple[str, str]]


class Events(msgspec.Struct, frozen=True):
    """All of them, of one version."""

    app: App
    version: str
    events: list[Event]

    def named(self, name: str) -> Event | None:
        """The event of that name, in any case."""
        return next((event for event in self.events if event.name.lower() == name.lower()), None)


@cache
def load_events() -> Events:
    """Read what the package carries."""
    raw = files("dynamics_bc_emulator").joinpath("data/business_events.json").read_bytes()
    return msgspec.json.decode(raw, type=Events)
