"""Variants of items."""

from __future__ import annotations

import uuid

import pytest

CODEUNIT = "APIV2 - Item Variants E2E"
CODE = {"code": "RED"}


def item(api, number: str = "GRAPHITEM00001") -> dict:
    return api.post("items", {"number": number})


def variant(api, of: dict) -> str:
    return f"itemVariants({api.post('itemVariants', {**CODE, 'itemId': of['id']})['id']})"


def naming(*names: str, of: dict) -> dict:
    return {name: of["id" if name == "itemId" else "number"] for name in names}


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["itemId"], marks=pytest.mark.theirs("TestCreateItemVariantWithItemId")),
        pytest.param(["itemNumber"], marks=pytest.mark.theirs("TestCreateItemVariantWithItemNumber")),
        pytest.param(
            ["itemNumber", "itemId"], marks=pytest.mark.theirs("TestCreateItemVariantWithItemNumberAndItemId")
        ),
    ],
)
def test_a_variant_names_its_item_by_id_or_number(api, names):
    of = item(api)
    created = api.post("itemVariants", CODE | naming(*names, of=of))
    assert (created["code"], created["itemNumber"], created["itemId"]) == ("RED", of["number"], of["id"])


@pytest.mark.parametrize(
    "named",
    [
        pytest.param(
            {"itemId": str(uuid.uuid4())}, marks=pytest.mark.theirs("TestCreateItemVariantWithNonExistingItemId")
        ),
        pytest.param({"itemNumber": "NO"}, marks=pytest.mark.theirs("TestCreateItemVariantWithNonExistingItemNumber")),
    ],
)
def test_an_item_that_is_not_there_has_no_variants(api, named):
    status, _, message = api.refused("POST", "itemVariants", CODE | named)
    (name,) = named
    assert (status, message) == (400, f'The "{name}" does not match to an Item.')


@pytest.mark.theirs("TestCreateItemVariantWithMismatchingItemNumberAndItemId")
def test_number_and_id_of_two_items_are_refused(api):
    one, other = item(api), item(api, "GRAPHITEM00002")
    body = CODE | naming("itemNumber", of=one) | naming("itemId", of=other)
    assert api.refused("POST", "itemVariants", body)[2] == "The item values do not match to a specific Item."


@pytest.mark.theirs("TestCreateItemVariantWithExistingItemNumberAndCode")
def test_an_item_has_a_code_once(api):
    of = item(api)
    variant(api, of)
    assert api.refused("POST", "itemVariants", CODE | naming("itemNumber", of=of))[0] == 400


@pytest.mark.theirs("TestGetItemVariant")
def test_a_variant_is_read(api):
    of = item(api)
    read = api.get(variant(api, of))
    assert (read["code"], read["itemNumber"], read["itemId"]) == ("RED", of["number"], of["id"])


@pytest.mark.theirs("TestModifyItemVariant")
def test_a_description_is_changed(api):
    path = variant(api, item(api))
    api.patch(path, {"description": "Red, or nearly"})
    assert api.get(path)["description"] == "Red, or nearly"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("itemId", marks=pytest.mark.theirs("TestModifyItemVariantItemId")),
        pytest.param("itemNumber", marks=pytest.mark.theirs("TestModifyItemVariantItemNumber")),
    ],
)
def test_a_variant_is_given_to_another_item(api, name):
    path, other = variant(api, item(api)), item(api, "GRAPHITEM00002")
    api.patch(path, naming(name, of=other))
    read = api.get(path)
    assert (read["itemNumber"], read["itemId"]) == (other["number"], other["id"])


@pytest.mark.theirs("TestDeleteItemVariant")
def test_a_variant_is_deleted(api):
    path = variant(api, item(api))
    api.delete(path)
    assert not api.is_there(path)


@pytest.mark.theirs("TestDeleteInUse")
def test_a_variant_in_use_stays(api):
    of = item(api)
    path = variant(api, of)
    order = api.post("salesOrders", {"customerNumber": "10000"})["id"]
    line = {"lineType": "Item", "itemId": of["id"], "itemVariantId": api.get(path)["id"], "quantity": 2}
    api.post(f"salesOrders({order})/salesOrderLines", line)
    assert api.refused("DELETE", path)[0] == 400
    assert api.is_there(path)
