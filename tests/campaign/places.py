"""A desk as an environment of another name: what is asked there does not come from here, and has links to there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from campaign.attacked import Attacked
from judged import expect
from tap.desk_runs import ENVIRONMENT

from dynamics_bc_client.transport import Response
from dynamics_bc_emulator.values import encode

if TYPE_CHECKING:
    from dynamics_bc_client.transport import Request

NAMES = ("Production", "Sandbox")
"""The environments of the tenant. One is a copy of the other: companies have the same ids, and rows, too."""
_HERE = f"/{NAMES[0]}/"


@dataclass
class Elsewhere(Attacked):
    """A desk behind the name of an environment.

    Attributes:
        name: The environment's.
    """

    name: str = NAMES[0]

    def _answer(self, request: Request) -> Response:
        if "/environments/" in request.url:
            return Response(200, {}, encode({"value": [{**ENVIRONMENT, "name": name} for name in NAMES]}))
        named = f"/{self.name}/"
        expect(named in request.url, "untrue", f"another environment than {self.name} was asked: {request.url}")
        response = super()._answer(replace(request, url=request.url.replace(named, _HERE, 1)))
        return replace(response, body=response.body.replace(_HERE.encode(), named.encode()))
