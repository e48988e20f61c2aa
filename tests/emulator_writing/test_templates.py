"""Configuration templates: which one is chosen, and what it fills."""

from __future__ import annotations

from decimal import Decimal

import pytest


@pytest.fixture
def set_up(desk):
    """Fills the tables of templates: rules as set, property, value, template; lines as template, property, value."""

    def fill(rules, lines):
        for table, names, rows in (
            ("_templateSelectionRules", ("entitySet", "property", "value", "template"), rules),
            ("_templateLines", ("template", "property", "value"), lines),
        ):
            for place, row in enumerate(rows):
                desk.company.insert(table, {**dict(zip(names, row, strict=True)), "_place": place})

    return fill


def test_a_template_fills_what_the_request_leaves_open(desk, set_up):
    set_up(
        [("customers", "country", "ZW", "FAR")],
        [
            ("FAR", "city", "Harare"),
            ("FAR", "creditLimit", "12.5"),
            ("FAR", "taxLiable", "Yes"),
            ("FAR", "blocked", "All"),
        ],
    )
    created = desk.create("customers", {"displayName": "x", "country": "ZW", "creditLimit": 7})
    assert (created["city"], created["creditLimit"], created["taxLiable"]) == ("Harare", 7, True)
    assert created["blocked"] == "All"
    assert desk.create("customers", {"displayName": "x", "country": "GB"})["city"] == ""
    assert desk.create("vendors", {"country": "ZW"})["city"] == ""


def test_the_first_rule_that_holds_chooses(desk, set_up):
    set_up(
        [("items", "unitCost", "x", "NEVER"), ("items", "unitCost", "12.50", "DEAR"), ("items", "", "", "ANY")],
        [("NEVER", "displayName", "never"), ("DEAR", "displayName", "dear"), ("ANY", "displayName", "any")],
    )
    assert desk.create("items", {"unitCost": Decimal("12.5")})["displayName"] == "dear"
    assert desk.create("items", {"unitCost": 1})["displayName"] == "any"


def test_a_template_sets_off_what_a_request_would(desk, set_up):
    set_up([("items", "", "", "ANY")], [("ANY", "itemCategoryCode", "CHAIR"), ("ANY", "nothing", "x")])
    assert desk.create("items", {})["itemCategoryId"] == desk.id("itemCategories", code="CHAIR")
    desk.company.insert("_templateLines", {"template": "ANY", "property": "unitPrice", "value": "dear"})
    assert desk.refused("POST", "items", {})[0] == 400


def test_sets_whose_pages_look_for_no_template_get_none(desk, set_up):
    set_up([("locations", "", "", "ANY")], [("ANY", "city", "Hull")])
    assert desk.create("locations", {"code": "MILL"})["city"] == ""
