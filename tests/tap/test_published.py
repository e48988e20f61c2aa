"""Is a route that cannot be asked told from an environment that is away?"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from tap.sample_metadata import METADATA

from dynamics_bc_client.errors import ConnectionLost, DynamicsError, SignInError
from tap_dynamics_bc.published import read_published
from tap_dynamics_bc.settings import TapSettings

LOST = ConnectionLost("The connection broke off.", sent=True)
HOTGLUE_ROUTES = ("microsoft/analytics/v1.0", "microsoft/reportsFinance/beta", "ODataV4")


@dataclass
class Environment:
    """What a client shows: routes with a document, or with the error that stands in its place."""

    documents: dict
    listed: object = ()
    away: DynamicsError | None = None
    asked: list = field(default_factory=list)
    settings: object = field(
        default_factory=lambda: SimpleNamespace(
            max_concurrent_requests=5, route_root=lambda route: f"https://bc.example/{route}"
        )
    )

    def metadata(self, route=None):
        self.asked.append(route)
        found = self.documents[route]
        if isinstance(found, DynamicsError):
            raise found
        return found

    def rows(self, _):
        if isinstance(self.listed, DynamicsError):
            raise self.listed
        return [{"route": each} for each in self.listed]

    def absence(self):
        return self.away


def test_a_route_whose_document_breaks_off_is_a_failure_of_that_route():
    environment = Environment({None: METADATA, "contoso/demo/v1.0": LOST, "contoso/hr/v1.0": METADATA})
    settings = TapSettings(apis=("standard", "contoso/demo/v1.0", "contoso/hr/v1.0"))
    published = read_published(environment, settings)
    assert [each.what for each in published.failures] == ["the route contoso/demo/v1.0"]
    assert {"customers", "contoso_hr_customers"} <= published.streams.keys()


@pytest.mark.parametrize(
    ("error", "away"), [(LOST, LOST), (SignInError("The secret has expired."), None)], ids=["outage", "sign-in"]
)
def test_an_environment_that_is_away_or_lets_nobody_in_ends_the_run(error, away):
    environment = Environment({None: METADATA, "contoso/demo/v1.0": error}, away=away)
    with pytest.raises(type(error)):
        read_published(environment, TapSettings(apis=("standard", "contoso/demo/v1.0")))


def test_routes_that_only_a_naming_knows_are_no_failure_until_somebody_selects_of_them():
    environment = Environment({None: METADATA, **dict.fromkeys(HOTGLUE_ROUTES, LOST)})
    published = read_published(environment, TapSettings(stream_naming="hotglue"))
    assert published.failures == ()
    assert "microsoft/reportsFinance/beta could not be asked" in published.why_missing("dimension_values")


def test_routes_that_nobody_needs_are_not_asked():
    environment = Environment({None: METADATA})
    read_published(environment, TapSettings(stream_naming="hotglue"), needed={"customers"})
    assert environment.asked == [None]


def test_the_list_of_routes_is_not_missed_where_routes_are_named():
    environment = Environment({"contoso/demo/v1.0": METADATA}, listed=LOST)
    assert read_published(environment, TapSettings(apis=("contoso/demo/v1.0",))).failures == ()
    with_pattern = read_published(environment, TapSettings(apis=("contoso/*",)))
    assert [each.what for each in with_pattern.failures] == ["the list of routes"]
