"""The emulator of `dynamics_bc_emulator.driver`, under the names that the tests of tap, target and command use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests

from dynamics_bc_emulator.driver import BusinessCentral, start_business_central

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass
class RunningEmulator:
    """A running emulator, with its controls one word away."""

    service: BusinessCentral
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def url(self) -> str:
        return self.service.url

    @property
    def tenant_id(self) -> str:
        return self.service.tenant_id

    @property
    def environment_name(self) -> str:
        return self.service.environment_name

    @property
    def client_id(self) -> str:
        return self.service.client_id

    @property
    def client_secret(self) -> str:
        return self.service.client_secret

    def config(self, **overrides: Any) -> dict[str, Any]:
        """Settings that both plugins accept."""
        return self.service.tap_config(**{"max_requests_per_window": 1_000_000, **overrides})

    def reset(self) -> None:
        self.service.control.reset()

    def requests(self, since: int = 0) -> list[dict[str, Any]]:
        return self.service.control.requests(since)

    def faults(self, faults: Sequence[Mapping[str, Any]]) -> None:
        self.service.control.faults(faults)

    def clear_faults(self) -> None:
        self.service.control.clear_faults()

    def switches(self, **changes: Any) -> None:
        self.service.control.switches(**changes)

    def edit(self, **change: Any) -> None:
        self.service.control.edit(**change)

    def advance(self, duration: str) -> None:
        self.service.control.advance(duration)

    def set_clock(self, moment: str) -> None:
        self.service.control.set_clock(moment)

    def rows(self, company: str, entity_set: str) -> list[dict[str, Any]]:
        return self.service.control.rows(company, entity_set)

    def companies(self) -> list[dict[str, Any]]:
        return self.service.control.companies()

    def _call(self, method: str, control: str) -> Any:
        return self.service.control.call(method, control)

    def stop(self) -> None:
        self.session.close()
        self.service.stop()


def start_emulator(*options: str) -> RunningEmulator:
    """Start an emulator process on a free loopback port and wait for its one line of JSON."""
    return RunningEmulator(start_business_central(*options))
