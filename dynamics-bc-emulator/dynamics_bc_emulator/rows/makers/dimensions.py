"""Dimension set lines, made from the codes that hang on their parent's row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.values import decode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_emulator.odata.catalogue import EntitySet
    from dynamics_bc_emulator.rows.makers.asked import Asked
    from dynamics_bc_emulator.rows.store import Row, ServedRow
    from dynamics_bc_emulator.rows.view import View


def dimension_set_lines(view: View, asked: Asked) -> list[Row]:
    """Lines of the parents that are asked for by type and id."""
    rows: list[Row] = []
    for parent_type in asked.wanted.get("parentType", ()):
        for entity_set in view.catalogue.parent_types.get(("dimensionSetLines", parent_type), ()):
            for parent_id in asked.wanted.get("parentId", ()):
                parent = view.store.get(view.company, entity_set, parent_id)
                if parent:
                    rows += _lines(view, parent_type, parent["id"], parent.get("_dimensions", {}))
    return rows


def lines_of(view: View, entity_set: EntitySet, row: ServedRow) -> list[Row]:
    """Lines of one stored row."""
    if not row.internal or "_dimensions" not in row.internal:
        return []
    parent_type = entity_set.navigation["dimensionSetLines"].const or ""
    return _lines(view, parent_type, row.id, decode(row.internal).get("_dimensions", {}))


def _lines(view: View, parent_type: str, parent_id: str, codes: Mapping[str, str]) -> list[Row]:
    dimensions, values = _known(view)
    return [
        {
            "id": dimensions[code]["id"],
            "code": code,
            "consolidationCode": dimensions[code]["consolidationCode"],
            "parentId": parent_id,
            "parentType": parent_type,
            "displayName": dimensions[code]["displayName"],
            "valueId": values[code, value]["id"],
            "valueCode": value,
            "valueConsolidationCode": values[code, value]["consolidationCode"],
            "valueDisplayName": values[code, value]["displayName"],
        }
        for code, value in sorted(codes.items())
        if code in dimensions and (code, value) in values
    ]


def _known(view: View) -> tuple[dict[str, Row], dict[tuple[str, str], Row]]:
    """Dimensions by code, and values by the codes of dimension and value."""
    versions = tuple(view.store.version(view.company, name) for name in ("dimensions", "dimensionValues"))

    def load() -> Any:
        dimensions = {row["code"]: row for row in view.store.find(view.company, "dimensions")}
        codes = {row["id"]: code for code, row in dimensions.items()}
        values = view.store.find(view.company, "dimensionValues")
        return dimensions, {
            (codes[row["dimensionId"]], row["code"]): row for row in values if row["dimensionId"] in codes
        }

    tables: tuple[dict[str, Row], dict[tuple[str, str], Row]] = view.service.kept(
        (id(view.store), view.company, "dimensions"), versions, load
    )
    return tables
