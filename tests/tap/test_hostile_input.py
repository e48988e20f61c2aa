"""Whatever a catalog, a state or a setting holds: is it taken or refused in a sentence, and never a traceback?"""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tap.desk_runs import DeskTransport, TapAtTheDesk, desk_config, run_at
from tap.living_source import small_route, small_source

from dynamics_bc_client import paging
from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.transport import Response
from tap_dynamics_bc.settings import TAP

if TYPE_CHECKING:
    from collections.abc import Iterator

few = settings(max_examples=25, suppress_health_check=list(HealthCheck))
STREAMS = ("customers", "salesInvoices", "salesInvoiceLines", "dimensionSetLines")
JUNK = (
    None,
    True,
    0,
    -1,
    1.5,
    "",
    " ",
    "x",
    "0001-01-01T00:00:00Z",
    "ä'; --",
    "\ud800",
    [],
    [None],
    ["x"],
    {},
    {"x": None},
    [[]],
)
MISSING = object()


@cache
def transport() -> DeskTransport:
    return DeskTransport(small_source().desk, route=small_route())


@cache
def catalog() -> dict[str, Any]:
    tap = TapAtTheDesk(config=desk_config(), transport=transport())
    entries = [each for each in json.loads(tap.catalog_json_text)["streams"] if each["tap_stream_id"] in STREAMS]
    for entry in entries:
        entry["schema"]["properties"] = dict(list(entry["schema"]["properties"].items())[:4])
        entry["metadata"] = [each for each in entry["metadata"] if len(each["breadcrumb"]) < 2][:1] + entry["metadata"][
            :4
        ]
        entry["metadata"][0]["metadata"]["selected"] = True
    return {"streams": entries}


@cache
def state() -> dict[str, Any]:
    found: dict[str, Any] = run_at(transport(), select=STREAMS).state
    return found


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """All places of a JSON value but the whole of it."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in members:
        yield (*path, key)
        yield from places(each, (*path, key))


def changed(value: Any, path: tuple[Any, ...], junk: Any) -> Any:
    """The value with something else at a place, or nothing there."""
    result = copy.deepcopy(value)
    holder = result
    for key in path[:-1]:
        holder = holder[key]
    if junk is MISSING:
        del holder[path[-1]]
    else:
        holder[path[-1]] = copy.deepcopy(junk)
    return result


@st.composite
def spoiled(draw: st.DrawFn, value: Any) -> Any:
    for _ in range(draw(st.integers(1, 2))):
        known = list(places(value))
        if known:
            value = changed(value, draw(st.sampled_from(known)), draw(st.sampled_from((MISSING, *JUNK))))
    return value


def taken_or_refused(**given_: Any) -> None:
    """Whatever else is raised than an error that says what is wrong fails the test."""
    outcome = run_at(transport(), given_.pop("config", None), **given_)
    for line in outcome.output.splitlines():
        json.loads(line)
    if outcome.error is not None:
        text = str(outcome.error)
        assert text.strip()
        assert "Traceback" not in text


@few
@given(data=st.data())
def test_a_spoiled_catalog_is_taken_or_refused_in_a_sentence(data):
    taken_or_refused(catalog=data.draw(spoiled(catalog())))


@few
@given(data=st.data())
def test_a_spoiled_state_is_taken_or_refused_in_a_sentence(data):
    taken_or_refused(select=STREAMS, state=data.draw(spoiled(state())))


@pytest.mark.parametrize(
    "setting", [each for each in TAP if not each.name.startswith("company")], ids=lambda each: each.name
)
def test_a_setting_of_a_wrong_type_is_refused_and_named_or_taken(setting, tmp_path):
    for junk in (*JUNK, {"x": {"y": [1]}}, "P", "PT", "P-1D", "nan", 10**400, "x" * 10_000):
        config = {"store_path": str(tmp_path), setting.name: junk}
        try:
            tap = TapAtTheDesk(config=desk_config(**config), transport=transport(), setup_mapper=False)
        except ConfigurationError as refused:
            assert refused.exit_code == 2  # noqa: PT017 - what is taken raises nothing
            assert setting.name in str(refused)  # noqa: PT017
        else:
            tap.close()


@pytest.mark.parametrize("text", ["displayName eq '\ud800'", ["\ud800"], {"customers": "displayName eq '\udfff'"}])
@pytest.mark.parametrize("name", ["filters", "apis", "company_ids", "report_periods"])
def test_half_a_character_at_any_depth_of_a_setting_is_refused(name, text):
    with pytest.raises(ConfigurationError, match=f"{name} holds half of a character"):
        TapAtTheDesk(config=desk_config(**{name: text}), transport=transport(), setup_mapper=False)


def test_companies_without_an_end_end_the_run_in_a_sentence(monkeypatch):
    class Endless(DeskTransport):
        def __call__(self, request):
            if not request.url.partition("?")[0].endswith("/companies"):
                return super().__call__(request)
            self.asked.append(request)
            here = len(self.asked)
            row = {"id": f"00000000-0000-0000-0000-{here:012}", "name": "x" * 100}
            link = f"{request.url.partition('?')[0]}?aid={here}"
            return Response(200, {}, json.dumps({"value": [row], "@odata.nextLink": link}).encode())

    monkeypatch.setattr(paging, "KEPT_BYTES", 3_000)
    endless = Endless(small_source().desk, route=small_route())
    refused = run_at(endless, select=("customers",))
    assert "The list of companies has more than 3,000 bytes" in str(refused.error)
    assert len(endless.asked) < 30


@pytest.mark.parametrize("place", ["name", "value"])
def test_half_a_character_in_a_catalog_or_a_state_is_refused(place):
    """Neither could be written again, as SCHEMA or STATE."""
    odd = {"\ud800": 1} if place == "name" else {"x": ["\ud800"]}
    streams = [{**each, "schema": {**each["schema"], **odd}} for each in catalog()["streams"]]
    refused = run_at(transport(), catalog={"streams": streams})
    assert str(refused.error).startswith("The catalog holds half of a character")
    assert not refused.output
    refused = run_at(transport(), select=STREAMS, state={**state(), **odd})
    assert str(refused.error).startswith("The state holds half of a character")
    assert not refused.output


@pytest.mark.parametrize("listed", ["../../v1.0", "./demo/v1.0", "contoso/.../v1.0", "contoso/ /v1.0", "//"])
def test_a_listed_route_that_is_none_or_leads_elsewhere_in_a_path_is_not_asked(listed):
    class Listing(DeskTransport):
        def __call__(self, request):
            if request.url.endswith("apicategoryroutes"):
                self.asked.append(request)
                return Response(200, {}, json.dumps({"value": [{"route": listed}]}).encode())
            return super().__call__(request)

    listing = Listing(small_source().desk)
    TapAtTheDesk(config=desk_config(apis="all"), transport=listing).close()
    assert {each.url.rpartition("/")[2] for each in listing.asked} == {"apicategoryroutes", "$metadata"}
    assert len(listing.asked) == 2
