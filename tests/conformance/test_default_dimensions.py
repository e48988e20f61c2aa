"""Default dimensions of customers, vendors, items and employees."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Default Dimensions E2E"
PARENTS = {
    "Customer": ("customers", {"displayName": "Shop"}),
    "Vendor": ("vendors", {"displayName": "Mill"}),
    "Item": ("items", {"displayName": "Desk"}),
    "Employee": ("employees", {"givenName": "Ada", "surname": "Lovelace"}),
}


def on_each_parent(name: str):
    """A test for each kind of parent, whose name ends Microsoft's."""
    return pytest.mark.parametrize(
        "kind", [pytest.param(kind, marks=pytest.mark.theirs(f"{name}On{kind}"), id=kind) for kind in PARENTS]
    )


@pytest.fixture
def parent(api, kind) -> str:
    entity_set, body = PARENTS[kind]
    return f"{entity_set}({api.post(entity_set, body)['id']})"


def dimension(api, code: str = "GRAPH") -> dict:
    return api.plant("dimensions", code=code)


def value(api, of: dict, code: str = "ONE") -> dict:
    return api.plant("dimensionValues", code=code, dimensionId=of["id"])


def body(parent: str, kind: str, **more: str) -> dict:
    return {"parentId": parent.partition("(")[2].strip(")"), "parentType": kind, **more}


def default(api, parent: str, of: dict, its: dict) -> str:
    """Path of a parent's default dimension."""
    sent = {"dimensionId": of["id"], "dimensionValueId": its["id"]}
    return f"{parent}/defaultDimensions({api.post(f'{parent}/defaultDimensions', sent)['id']})"


@on_each_parent("TestCreateDefaultDimensionWithDimensionCode")
def test_one_is_created_by_the_code_of_its_dimension(api, kind, parent):
    of = dimension(api)
    sent = body(parent, kind, dimensionCode="GRAPH", dimensionValueId=value(api, of)["id"])
    api.post(f"{parent}/defaultDimensions", sent)
    (read,) = api.rows(f"{parent}/defaultDimensions")
    assert (read["dimensionId"], read["dimensionCode"], read["dimensionValueCode"]) == (of["id"], "GRAPH", "ONE")


@on_each_parent("TestCreateDefaultDimension")
def test_one_is_created_by_the_id_of_its_dimension(api, kind, parent):
    of = dimension(api)
    sent = body(parent, kind, dimensionId=of["id"], dimensionValueId=value(api, of)["id"])
    api.post(f"{parent}/defaultDimensions", sent)
    (read,) = api.rows(f"{parent}/defaultDimensions")
    assert (read["dimensionCode"], read["dimensionValueCode"]) == ("GRAPH", "ONE")


@on_each_parent("TestCreateDefaultDimensionFailsWithMismatchingDimensions")
def test_a_value_of_another_dimension_is_refused(api, kind, parent):
    of, other = dimension(api), dimension(api, "GRAPE")
    sent = body(parent, kind, dimensionId=of["id"], dimensionValueId=value(api, other)["id"])
    said = 'The "dimensionId" and "dimensionValueId" match to different Dimension records.'
    assert api.refused("POST", f"{parent}/defaultDimensions", sent)[::2] == (400, said)
    assert api.rows(f"{parent}/defaultDimensions") == []


@on_each_parent("TestCreateDefaultDimensionFailsWithBlockedDimension")
def test_a_blocked_dimension_is_refused(api, kind, parent):
    of = dimension(api)
    sent = body(parent, kind, dimensionId=of["id"], dimensionValueId=value(api, of)["id"])
    api.desk.edit("dimensions", of["id"], _blocked=True)
    assert api.refused("POST", f"{parent}/defaultDimensions", sent)[2] == "Dimension GRAPH is blocked."


@on_each_parent("TestCreateDefaultDimensionFailsWithBlockedDimensionValue")
def test_a_blocked_value_is_refused(api, kind, parent):
    of = dimension(api)
    its = value(api, of)
    api.desk.edit("dimensionValues", its["id"], _blocked=True)
    sent = body(parent, kind, dimensionId=of["id"], dimensionValueId=its["id"])
    assert api.refused("POST", f"{parent}/defaultDimensions", sent)[2] == "Dimension Value GRAPH - ONE is blocked."


@on_each_parent("TestDeleteDefaultDimension")
def test_one_is_deleted(api, parent):
    of = dimension(api)
    api.delete(default(api, parent, of, value(api, of)))
    assert api.rows(f"{parent}/defaultDimensions") == []


@on_each_parent("TestGetDefaultDimension")
def test_one_is_read(api, kind, parent):
    of = dimension(api)
    its = value(api, of)
    wanted = body(parent, kind, dimensionId=of["id"], dimensionValueId=its["id"])
    assert wanted.items() <= api.get(default(api, parent, of, its)).items()


@on_each_parent("TestPatchDefaultDimension")
def test_its_value_and_its_check_are_changed(api, kind, parent):
    of = dimension(api)
    path, other = default(api, parent, of, value(api, of)), value(api, of, "TWO")
    api.patch(path, {"parentType": kind, "dimensionValueId": other["id"], "postingValidation": "Same Code"})
    read = api.get(path)
    assert (read["dimensionValueCode"], read["postingValidation"]) == ("TWO", "Same_x0020_Code")


@on_each_parent("TestPatchDefaultDimensionFailsWithBlockedValue")
def test_a_change_to_a_blocked_value_is_refused(api, kind, parent):
    of = dimension(api)
    path, other = default(api, parent, of, value(api, of)), value(api, of, "TWO")
    api.desk.edit("dimensionValues", other["id"], _blocked=True)
    sent = {"parentType": kind, "dimensionValueId": other["id"], "postingValidation": "Same Code"}
    assert api.refused("PATCH", path, sent)[2] == "Dimension Value GRAPH - TWO is blocked."
    assert api.get(path)["dimensionValueCode"] == "ONE"


@on_each_parent("TestPatchDefaultDimensionFailsWhenChangingDimensionCode")
def test_its_dimension_is_not_changed(api, kind, parent):
    of = dimension(api)
    path = default(api, parent, of, value(api, of))
    dimension(api, "GRAPE")
    assert api.refused("PATCH", path, {"parentType": kind, "dimensionCode": "GRAPE"})[0] == 400
    assert api.get(path)["dimensionCode"] == "GRAPH"
