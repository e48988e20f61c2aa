"""Items."""

from __future__ import annotations

from decimal import Decimal

import pytest

CODEUNIT = "APIV2 - Items E2E"
NUMBER = {"number": "GRAPHITEM00001"}
ZERO = "00000000-0000-0000-0000-000000000000"
# Set, code and the two properties of an item that name a row of it.
CATEGORY = ("itemCategories", "itemCategoryId", "itemCategoryCode")
UNIT = ("unitsOfMeasure", "baseUnitOfMeasureId", "baseUnitOfMeasureCode")
PRODUCT_GROUP = ("generalProductPostingGroups", "generalProductPostingGroupId", "generalProductPostingGroupCode")
INVENTORY_GROUP = ("inventoryPostingGroups", "inventoryPostingGroupId", "inventoryPostingGroupCode")
WAYS = {"generalProductPostingGroup": PRODUCT_GROUP, "inventoryPostingGroup": INVENTORY_GROUP}


def item(api, **values) -> str:
    return f"items({api.post('items', NUMBER | values)['id']})"


def naming(api, entity_set: str, *names: str) -> dict:
    """A row's id and code under the names that an item has for them."""
    row = api.rows(entity_set, top=1)[0] if entity_set.endswith("Groups") else api.post(entity_set, {"code": "NEW"})
    return dict(zip(names, (row["id"], row["code"]), strict=True))


def by_either(of: tuple[str, str, str], by_id: str, by_code: str):
    return [
        pytest.param(*of, of[1], marks=pytest.mark.theirs(by_id)),
        pytest.param(*of, of[2], marks=pytest.mark.theirs(by_code)),
    ]


@pytest.mark.theirs("TestCreateSimpleItem")
def test_an_item_is_created(api):
    created = api.post("items", NUMBER)
    assert created["number"] == "GRAPHITEM00001"
    assert api.get(f"items({created['id']})")["number"] == "GRAPHITEM00001"


@pytest.mark.theirs("TestCreateItemWithInventoryAmount")
def test_an_item_is_not_created_with_stock(api):
    status, _, message = api.refused("POST", "items", NUMBER | {"inventory": 5})
    assert (status, message) == (400, "Inventory cannot be changed during on insert.")
    assert api.rows("items", filter="number eq 'GRAPHITEM00001'") == []


@pytest.mark.parametrize(
    ("entity_set", "id_name", "code_name", "sent"),
    [
        *by_either(CATEGORY, "TestCreateItemWithCategoryId", "TestCreateItemWithCategoryCode"),
        *by_either(UNIT, "TestCreateItemWithUoMId", "TestCreateItemWithUoMCode"),
    ],
)
def test_an_item_is_created_with_its_category_or_unit(api, entity_set, id_name, code_name, sent):
    wanted = naming(api, entity_set, id_name, code_name)
    assert wanted.items() <= api.post("items", NUMBER | {sent: wanted[sent]}).items()


@pytest.mark.parametrize(
    ("entity_set", "id_name", "code_name", "sent"),
    by_either(CATEGORY, "TestPatchItemWithCategoryId", "TestPatchItemWithCategoryCode"),
)
def test_an_items_category_is_changed(api, entity_set, id_name, code_name, sent):
    path, wanted = item(api), naming(api, entity_set, id_name, code_name)
    api.patch(path, {sent: wanted[sent]})
    assert wanted.items() <= api.get(path).items()


@pytest.mark.parametrize(
    "group",
    [
        pytest.param(PRODUCT_GROUP, marks=pytest.mark.theirs("TestPatchItemWithGenProdPostingGroup")),
        pytest.param(INVENTORY_GROUP, marks=pytest.mark.theirs("TestPatchItemWithInventoryPostingGroup")),
    ],
)
def test_an_items_posting_group_is_changed(api, group):
    path, wanted = item(api), naming(api, *group)
    api.patch(path, {group[1]: wanted[group[1]]})
    assert wanted.items() <= api.get(path).items()


@pytest.mark.parametrize(
    "group",
    [
        pytest.param(PRODUCT_GROUP, marks=pytest.mark.theirs("TestUnassignGenProdPostingGroup")),
        pytest.param(INVENTORY_GROUP, marks=pytest.mark.theirs("TestUnassignInventoryPostingGroup")),
    ],
)
def test_a_posting_group_is_taken_off(api, group):
    _, id_name, code_name = group
    path = item(api, **{id_name: naming(api, *group)[id_name]})
    api.patch(path, {id_name: ZERO})
    read = api.get(path)
    assert (read[id_name], read[code_name]) == (ZERO, "")


@pytest.mark.theirs("TestGetSimpleItem")
def test_items_are_listed_with_their_ids(api):
    created = [api.post("items", {"number": f"GRAPHITEM0000{place}"})["id"] for place in (1, 2)]
    listed = {row["number"]: row["id"] for row in api.rows("items")}
    assert [listed["GRAPHITEM00001"], listed["GRAPHITEM00002"]] == created


@pytest.mark.theirs("TestGetItemWithCategory")
def test_an_item_shows_its_category(api):
    wanted = naming(api, *CATEGORY)
    assert wanted.items() <= api.get(item(api, itemCategoryId=wanted["itemCategoryId"])).items()


@pytest.mark.theirs("TestModifyItem")
def test_a_price_is_changed(api):
    path = item(api)
    api.patch(path, {"unitPrice": Decimal("12.345")})
    assert api.get(path)["unitPrice"] == Decimal("12.345")


@pytest.mark.theirs("TestGetRelatedEntities")
def test_an_item_leads_to_its_posting_groups(api):
    wanted = {way: naming(api, *group) for way, group in WAYS.items()}
    ids = {WAYS[way][1]: values[WAYS[way][1]] for way, values in wanted.items()}
    read = api.get(item(api, **ids), expand=",".join(WAYS))
    for way, (_, id_name, code_name) in WAYS.items():
        assert {id_name: read[way]["id"], code_name: read[way]["code"]} == wanted[way]


@pytest.mark.theirs("TestModifyItemInventory")
def test_stock_is_adjusted(api):
    wanted = naming(api, *INVENTORY_GROUP) | naming(api, *PRODUCT_GROUP) | naming(api, *UNIT)
    path = item(api, **{name: value for name, value in wanted.items() if name.endswith("Id")})
    api.patch(path, {"inventory": Decimal("41.125")})
    assert api.get(path)["inventory"] == Decimal("41.125")


@pytest.mark.theirs("TestDeleteItem")
def test_an_item_is_deleted(api):
    path = item(api)
    api.delete(path)
    assert not api.is_there(path)


@pytest.fixture
def unit_by_cost(api) -> str:
    """Code of the unit that a template gives to items of a cost of 1,150."""
    unit = api.post("unitsOfMeasure", {"code": "CRATE"})["code"]
    api.plant("_templateSelectionRules", entitySet="items", property="unitCost", value="1150", template="DEAR")
    api.plant("_templateLines", template="DEAR", property="baseUnitOfMeasureCode", value=unit)
    return str(unit)


@pytest.mark.theirs("TestCreateItemWithTemplate")
def test_a_template_gives_the_unit_by_the_cost(api, unit_by_cost):
    assert api.post("items", NUMBER | {"unitCost": 1150})["baseUnitOfMeasureCode"] == unit_by_cost
    other = api.post("items", {"number": "GRAPHITEM00002", "unitCost": 1100})
    assert other["baseUnitOfMeasureCode"] == ""


@pytest.mark.theirs("TestCreateItemWithTemplateIgnoresFieldsSet")
def test_a_template_leaves_alone_what_was_sent(api, unit_by_cost):
    sent = NUMBER | {"unitCost": 1150, "baseUnitOfMeasureCode": "PCS"}
    created = api.post("items", sent)
    assert sent.items() <= api.get(f"items({created['id']})").items()
    assert unit_by_cost != "PCS"
