"""How do programs that run as processes sign in with a refresh token that is replaced at every use?

The one before stays good until somebody asks for data with what came along with its successor: whoever is killed in
between may need it, and whoever does not keep the successor has none after that.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from campaign.befallen import note
from tap.living_source import TAP

from dynamics_bc_emulator.http.sign_in import SignIn, SignInRefusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from campaign.processes import Run

    from dynamics_bc_emulator.http.sign_in import Identities

FIRST = "refresh-token-0-of-the-campaign"
"""The refresh token that a config has."""
KEPT = ("access_token", "refresh_token", "expires_in")
"""What a program writes back into its config."""


class RotatingSignIn(SignIn):
    """A sign-in that replaces refresh tokens."""

    def __init__(self, identities: Identities, clock: Callable[[], datetime]) -> None:
        super().__init__(identities, clock)
        self._good = [FIRST]
        self._came_with: dict[str, str] = {}
        self._changing = threading.Lock()

    def token(self, tenant: str, form: Mapping[str, str], *, old: bool) -> dict[str, Any]:
        """Answer the token endpoint; refresh tokens are checked here."""
        if form.get("grant_type") != "refresh_token":
            return super().token(tenant, form, old=old)
        with self._changing:
            given = form.get("refresh_token", "")
            if given not in self._good:
                raise SignInRefusal(400, "invalid_grant", 70000, "The refresh token was replaced by another one.")
            note("a refresh token is replaced")
            told = super().token(tenant, {**form, "refresh_token": self.new_refresh_token(TAP, TAP)}, old=old)
            self._good = [given, told["refresh_token"]]
            self._came_with[told["access_token"]] = told["refresh_token"]
            return told

    def principal(self, authorization: str) -> str | None:
        """Whom a token stands for; with its first use the refresh token before its own is over."""
        with self._changing:
            own = self._came_with.pop(authorization.partition(" ")[2], None)
            if own is not None and own == self._good[-1]:
                self._good = [own]
        return super().principal(authorization)


class Signing:
    """What the runs of a life sign in with.

    Args:
        refreshes: Whether it is a refresh token, in place of a secret alone.
    """

    def __init__(self, *, refreshes: bool) -> None:
        self._fields: dict[str, Any] = {"refresh_token": FIRST} if refreshes else {}

    def settings(self) -> dict[str, Any]:
        """What the config of the next run has of it."""
        return dict(self._fields)

    def take(self, run: Run) -> None:
        """Go on with what a run has written back."""
        config = json.loads((run.folder / f"{run.name}.json").read_bytes())
        if self._fields:
            self._fields = {name: config[name] for name in KEPT if config.get(name)}
