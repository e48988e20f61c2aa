"""A desk behind a port: the emulator's own HTTP in a thread, so that what programs read and write is at hand here."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

from campaign.signing import RotatingSignIn
from tap.living_source import TAP

from dynamics_bc_emulator.http.emulator import ENVIRONMENT, TENANT_DOMAIN, TENANT_ID, Emulator
from dynamics_bc_emulator.http.server import listen, serve, url_of
from dynamics_bc_emulator.http.sign_in import Identities
from dynamics_bc_emulator.http.throttling import Throttles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.in_process import Desk

SECRET = "marked-secret-of-the-campaign"
"""What the programs sign in with; nobody may tell it."""


@contextlib.contextmanager
def served(desk: Desk) -> Iterator[str]:
    """The address of a desk, as long as the block runs; its store is closed behind it."""
    service, ready, over = desk.service, threading.Event(), threading.Event()
    identities = Identities(TENANT_ID, TENANT_DOMAIN, TAP, SECRET)
    emulator = Emulator(
        service, RotatingSignIn(identities, service.clock), Throttles(1_000_000, 100), lambda: service.store
    )
    with listen("127.0.0.1", 0) as listener:
        how: dict[str, Any] = {"verbose": False, "ready": ready.set, "wait": over.wait}
        thread = threading.Thread(target=lambda: serve(emulator, listener, **how), daemon=True)
        thread.start()
        try:
            assert ready.wait(30), "the emulator did not start"
            yield url_of(listener)
        finally:
            over.set()
            thread.join(10)


def config_for(url: str, **settings: Any) -> dict[str, Any]:
    """Settings of either plugin for a desk that is served at an address."""
    return {
        "api_url": url,
        "auth_url": url,
        "tenant_id": TENANT_ID,
        "environment_name": ENVIRONMENT,
        "client_id": TAP,
        "client_secret": SECRET,
        "max_requests_per_window": 1_000_000,
        **settings,
    }
