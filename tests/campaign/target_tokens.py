"""Files at the desk whose target has to sign in, at a token endpoint that has bad days, too."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from campaign import target_files
from campaign.target_files import AnsweredLife
from campaign.tokens import CLIENT, FIRST, Endpoint, Guarded, outage

if TYPE_CHECKING:
    from pathlib import Path

    from tap.desk_runs import DeskTransport

    from tests.target.conftest import Piped


def file(seed: int) -> dict[str, Any]:
    """A file, and what befalls its runs and their tokens."""
    chance = random.Random(f"tokens {seed}")
    told = target_files.answered_file(seed)
    attacks = [
        {**attack, **outage(chance), **({"answers": {}} if chance.random() < 0.6 else {})} for attack in told["attacks"]
    ]
    # A refresh token that is replaced has to be kept somewhere.
    return {**told, "attacks": attacks, "refreshes": told["has_store"] and chance.random() < 0.6}


class TokenLife(AnsweredLife):
    """A life whose target signs in."""

    def __init__(self, told: dict[str, Any], folder: Path) -> None:
        super().__init__(told, folder)
        self.endpoint = Endpoint()
        self.settings |= {**CLIENT, **({"refresh_token": FIRST} if told["refreshes"] else {})}
        self._told: dict[str, Any] = {}

    def _attacked(self, told: dict[str, Any]) -> Piped | None:
        self._told = told
        try:
            return super()._attacked(told)
        finally:
            self._told = {}

    def _run(self, transport: DeskTransport) -> Piped | None:
        self.endpoint.begin({name: self._told[name] for name in ("tokens", "revoked") if name in self._told})
        return super()._run(transport if isinstance(transport, Guarded) else self.guarded(transport))

    def calm(self) -> DeskTransport:
        self.endpoint.begin({})
        return self.guarded(super().calm())

    def guarded(self, transport: DeskTransport) -> Any:
        """The transport behind the endpoint."""
        return Guarded(transport, self.endpoint)

    def live(self) -> Any:
        counts = super().live()
        self.endpoint.check(self.folder / "store")
        return counts


def write(told: dict[str, Any], folder: Path) -> int:
    """One life of it; gives how often the target ran."""
    return int(TokenLife(told, folder).live()["runs"])
