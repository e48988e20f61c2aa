"""Sets of other APIs whose key is not `id`: one of another name, a code, and keys of several parts of any type."""

from __future__ import annotations

import pytest
from emulator.in_process import START, Desk, seed

from dynamics_bc_emulator.clock import Clock
from dynamics_bc_emulator.described_routes import described_route, kept_sets
from dynamics_bc_emulator.routes import standard_route
from dynamics_bc_emulator.rows.company import Company
from dynamics_bc_emulator.rows.service import Service
from dynamics_bc_emulator.rows.store import Store
from dynamics_bc_emulator.seed import further
from dynamics_bc_emulator.shown_routes import further_routes
from tests.target.at_the_desk import Target

SETS = {
    "boats": ("boat", ("systemId",), {"systemId": "Guid", "code": "String", "name": "String", "fleetId": "String"}),
    "harbours": ("harbour", ("code",), {"code": "String", "name": "String"}),
    "berths": ("berth", ("pier", "place"), {"pier": "String", "place": "Int32", "note": "String"}),
    "tides": ("tide", ("day", "kind", "harbour"),
              {"day": "Date", "kind": "Int32", "harbour": "String", "metres": "Decimal"}),
}  # fmt: skip


def document():
    def column(name, type_, *, is_key):
        longest = ' MaxLength="20"' if type_ == "String" else ""
        needed = ' Nullable="false"' if is_key else ""
        return f'<Property Name="{name}" Type="Edm.{type_}"{longest}{needed} />'

    def entity(name, key, properties):
        keys = "".join(f'<PropertyRef Name="{each}" />' for each in key)
        columns = "".join(column(each, type_, is_key=each in key) for each, type_ in properties.items())
        return f'<EntityType Name="{name}"><Key>{keys}</Key>{columns}</EntityType>'

    types = "".join(entity(*each) for each in SETS.values())
    ways = "".join(
        f'<NavigationProperty Name="{name}" Type="Collection(Microsoft.NAV.{each[0]})" ContainsTarget="true" />'
        for name, each in SETS.items()
    )
    sets = "".join(f'<EntitySet Name="{name}" EntityType="Microsoft.NAV.{each[0]}" />' for name, each in SETS.items())
    return (
        '<?xml version="1.0" encoding="utf-8"?><edmx:Edmx Version="4.0" '
        'xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
        '<Schema Namespace="Microsoft.NAV" xmlns="http://docs.oasis-open.org/odata/ns/edm">'
        '<EntityType Name="company"><Key><PropertyRef Name="id" /></Key>'
        f'<Property Name="id" Type="Edm.Guid" Nullable="false" />{ways}</EntityType>{types}'
        f'<EntityContainer Name="NAV"><EntitySet Name="companies" EntityType="Microsoft.NAV.company" />{sets}'
        "</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"
    ).encode()


@pytest.fixture
def target(tmp_path):
    api = described_route(document(), "api/contoso/sea/v1.0")
    clock = Clock(START)
    clock.freeze(frozen=True)
    clock.set(START)
    store = Store(kept_sets((api,)), clock)
    store.copy_from(seed())
    further.put(store, api.kept, 1, START)
    service = Service(store, (standard_route(28), *further_routes(), api.route), clock)
    return Target(tmp_path, Desk(service, Company(store.companies()[0]["id"], store, clock)))


def shown(target, entity_set, **equal):
    target.desk.api = "api/contoso/sea/v1.0"
    rows = target.desk.rows(entity_set)
    return [row for row in rows if all(row[name] == value for name, value in equal.items())]


@pytest.mark.parametrize(
    ("name", "key", "text"),
    [
        ("boats", {"code": "B-1"}, "name"),
        ("harbours", {"code": "H 1/'x'"}, "name"),
        ("berths", {"pier": "A'1", "place": 0}, "note"),
        ("berths", {"pier": "A", "place": 7}, "note"),
        ("tides", {"day": "2026-01-28", "kind": 2, "harbour": "NORTH"}, "harbour"),
    ],
)
def test_one_is_created_found_by_its_key_changed_and_deleted(target, name, key, text):
    stream = f"contoso_sea_{name}"
    value = {"metres": 1.5} if name == "tides" else {text: "First"}
    other = {"metres": 2.5} if name == "tides" else {text: "Second"}

    def outcome(record, **settings):
        (found,) = target.write(stream, {**key, **record}, **settings)
        return found["outcome"], found["errors"]

    before = len(shown(target, name))
    assert outcome(value) == ("created", [])
    assert len(shown(target, name)) == before + 1
    assert outcome(value) == ("unchanged", [])
    assert outcome(other) == ("updated", [])
    (row,) = shown(target, name, **other)
    assert outcome(other, remember=True) == ("unchanged", [])
    assert outcome({**value, "_sdc_deleted_at": "2026-01-29"}, on_delete="delete") == ("deleted", [])
    assert row not in shown(target, name)
    assert len(shown(target, name)) == before


def test_a_row_is_found_by_an_id_of_another_name_and_never_made_by_one(target):
    boat = shown(target, "boats")[0]
    stream = "contoso_sea_boats"
    assert target.write(stream, {"systemId": boat["systemId"], "name": "Renamed"})[0]["outcome"] == "updated"
    assert shown(target, "boats", systemId=boat["systemId"])[0]["name"] == "Renamed"


def test_a_text_whose_name_ends_like_an_id_is_a_text(target):
    keys = {"contoso_sea_boats": ["fleetId"]}
    stream = "contoso_sea_boats"
    assert target.write(stream, {"fleetId": "F 1", "name": "First"}, match_keys=keys)[0]["outcome"] == "created"
    assert target.write(stream, {"fleetId": "F 1", "name": "Second"}, match_keys=keys)[0]["outcome"] == "updated"


def test_somebody_elses_change_between_look_and_write_is_looked_at_again(target):
    stream, record = "contoso_sea_berths", {"pier": "A", "place": 7, "note": "First"}
    target.write(stream, record)
    times = []

    def around(request, send):
        if b"PATCH" in (request.body or b"") or request.method == "PATCH":
            times.append(request)
            if len(times) == 1:
                target.desk.api = "api/contoso/sea/v1.0"
                target.desk.change("berths(pier='A',place=7)", {"note": "Theirs"})
        return send(request)

    (outcome,) = target.write(stream, {**record, "note": "Ours"}, around=around)
    assert (outcome["outcome"], outcome["errors"]) == ("updated", [])
    assert len(times) == 2
    assert shown(target, "berths", pier="A", place=7)[0]["note"] == "Ours"
