"""Dimensions and their values."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Dimensions E2E"


def dimension(api, code: str = "GRAPH") -> dict:
    return api.plant("dimensions", code=code, displayName=code.title())


def value(api, of: dict, code: str = "ONE") -> dict:
    return api.plant("dimensionValues", code=code, dimensionId=of["id"])


@pytest.mark.theirs("TestVerifyIDandLastDateModifiedOfDimension")
def test_a_dimension_has_an_id_and_a_stamp(api):
    read = api.get(f"dimensions({dimension(api)['id']})")
    assert (read["code"], read["lastModifiedDateTime"][:4]) == ("GRAPH", "2026")


@pytest.mark.theirs("TestGetDimensions")
def test_dimensions_are_listed_with_their_ids(api):
    planted = {code: dimension(api, code)["id"] for code in ("GRAPH", "GRAPE")}
    assert planted.items() <= {row["code"]: row["id"] for row in api.rows("dimensions")}.items()


@pytest.mark.theirs("TestVerifyIDandLastDateModifiedOfDimensionValue")
def test_a_value_has_an_id_and_a_stamp(api):
    of = dimension(api)
    read = api.get(f"dimensionValues({value(api, of)['id']})")
    assert (read["code"], read["dimensionId"], read["lastModifiedDateTime"][:4]) == ("ONE", of["id"], "2026")


@pytest.mark.theirs("TestGetDimensionValues")
def test_the_values_of_a_dimension_are_listed(api):
    of, other = dimension(api), dimension(api, "GRAPE")
    planted = {code: value(api, of, code)["id"] for code in ("ONE", "TWO")}
    value(api, other)
    assert {row["code"]: row["id"] for row in api.rows(f"dimensions({of['id']})/dimensionValues")} == planted
