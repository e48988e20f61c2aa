"""Dimensions that are there are changed, and others created."""

from __future__ import annotations

from target_dynamics_bc.wanted.records import Dimension
from target_dynamics_bc.writing.dimension_writes import default_dimension_writes, set_line_writes
from target_dynamics_bc.writing.writes import Address, Write

RETAIL = Dimension("d1", "CLASS", "v1", "RETAIL")
P = Address("vendors", "p")
OF_P = P.below("dimensionSetLines")


def test_an_inherited_dimension_is_changed_and_not_created():
    inherited = [{"id": "D1", "code": "CLASS", "valueCode": "ONLINE"}]
    assert set_line_writes(P, [RETAIL], inherited) == [
        Write("PATCH", OF_P.at("D1"), {"valueCode": "RETAIL"}, "dimension", before={"valueCode": "ONLINE"})
    ]
    assert set_line_writes(P, [RETAIL], []) == [
        Write("POST", OF_P, {"code": "CLASS", "valueCode": "RETAIL"}, "dimension", once=True)
    ]
    assert set_line_writes(P, [RETAIL], [{"id": "d1", "valueCode": "retail"}]) == []


def test_default_dimensions_are_found_by_their_dimension():
    row = {"id": "x", "dimensionCode": "CLASS", "dimensionValueCode": "ONLINE"}
    (write,) = default_dimension_writes(P, [RETAIL], [row])
    assert (write.method, write.body) == ("PATCH", {"dimensionValueId": "v1"})
