"""Which dimension and which value does a record mean, and does the company have them?

A company's dimensions are read once, the values of a dimension when one is first named. The catalogue is the only part
that asks the service; everything else is pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dynamics_bc_client.errors import ConfigurationError, DynamicsError
from dynamics_bc_client.odata.query import Query, equals
from dynamics_bc_client.odata.urls import GUID, company_path
from target_dynamics_bc.finding.contradictions import CONTRADICTION
from target_dynamics_bc.kept.faults import Fault, from_error
from target_dynamics_bc.same_names import plain_id
from target_dynamics_bc.wanted.records import Dimension, Row, WantedDimension

DEFAULT_DIMENSION_MAPPINGS: Mapping[str, str] = {"class": "CLASS", "department": "DEPARTMENT"}

ReadRows = Callable[[Query], Sequence[Row]]


@dataclass(frozen=True, slots=True)
class DimensionMapping:
    """Which dimension a prefix of root fields means.

    Attributes:
        codes: Code of the dimension, by prefix.
        source: Where it was set, for messages; None for the built-in default, which fails only records that use it.
    """

    codes: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_DIMENSION_MAPPINGS))
    source: str | None = None


class DimensionCatalogue:
    """The dimensions and values of one company.

    Args:
        company_id: The company.
        read_rows: Reads all rows of a query; may raise `DynamicsError`.
    """

    def __init__(self, company_id: str, read_rows: ReadRows) -> None:
        self._company_id = company_id
        self._read_rows = read_rows
        self._dimensions: list[Row] | None = None
        self._refusal: DynamicsError | None = None
        self._values: dict[str, list[Row]] = {}

    def dimensions(self) -> list[Row]:
        """All dimensions, `id`, `code` and `displayName` of each.

        Raises:
            DynamicsError: They could not be read. Who may not read them is not asked again.
        """
        if self._refusal is not None:
            raise self._refusal
        if self._dimensions is None:
            query = Query(company_path(self._company_id, "dimensions"), ("id", "code", "displayName"))
            try:
                self._dimensions = list(self._read_rows(query))
            except DynamicsError as error:
                self._refusal = None if error.repeatable else error
                raise
        return self._dimensions

    def values(self, dimension_id: str) -> list[Row]:
        """All values of a dimension, `id`, `code` and `displayName` of each."""
        if dimension_id not in self._values:
            path = company_path(self._company_id, "dimensionValues")
            query = Query(
                path, ("id", "code", "displayName", "dimensionId"), filter=equals("dimensionId", dimension_id)
            )
            self._values[dimension_id] = list(self._read_rows(query))
        return self._values[dimension_id]

    def dimension_of_value(self, value_id: str) -> str | None:
        """Id of the dimension that a value belongs to; None when there is no such value."""
        known = next((id_ for id_, rows in self._values.items() if _matching(rows, "id", value_id)), None)
        if known is not None:
            return known
        path = company_path(self._company_id, "dimensionValues")
        rows = self._read_rows(Query(path, ("id", "dimensionId"), filter=equals("id", value_id.lower())))
        return str(rows[0]["dimensionId"]) if rows else None


def missing_codes(mapping: DimensionMapping, catalogue: DimensionCatalogue) -> list[str]:
    """The codes of the mapping that the company does not have, each once."""
    known = {str(row["code"]).upper() for row in catalogue.dimensions()}
    return [code for code in dict.fromkeys(mapping.codes.values()) if code not in known]


def check_mapping(mapping: DimensionMapping, catalogue: DimensionCatalogue, company_name: str) -> None:
    """Refuse a mapping that somebody wrote and the company cannot follow.

    Raises:
        ConfigurationError: Names all missing codes at once.
    """
    missing = missing_codes(mapping, catalogue) if mapping.source is not None else []
    if missing:
        raise ConfigurationError(
            f'The company "{company_name}" has no dimension {" and no dimension ".join(missing)}, '
            f"which {mapping.source} maps to; create it there or change the mapping."
        )


def resolve_dimensions(
    wanted: Iterable[WantedDimension], mapping: Mapping[str, str], catalogue: DimensionCatalogue
) -> tuple[tuple[Dimension, ...], list[Fault]]:
    """The dimensions that were named, and what is wrong with the others; a root field counts before the array."""
    found: dict[str, tuple[Dimension, WantedDimension]] = {}
    faults: list[Fault] = []
    for each in wanted:
        outcome = _resolve(each, mapping, catalogue)
        if isinstance(outcome, Fault):
            faults.append(outcome)
            continue
        first, named_by = found.setdefault(outcome.id, (outcome, each))
        if first.value_id != outcome.value_id and _is_named_alike(named_by, each):
            message = (
                f"{each.field} names {outcome.value_code} of the dimension {outcome.code}, and {named_by.field} names "
                f"{first.value_code}; send one of them."
            )
            faults.append(Fault("resolve", each.field, CONTRADICTION, message))
    return tuple(dimension for dimension, _ in found.values()), faults


def _is_named_alike(one: WantedDimension, other: WantedDimension) -> bool:
    """Whether the same object of a record names both in the same way, so that neither goes before the other."""
    in_one_way = (one.prefix is None) == (other.prefix is None)
    return in_one_way and one.field.rpartition(".")[0] == other.field.rpartition(".")[0]


def _resolve(wanted: WantedDimension, mapping: Mapping[str, str], catalogue: DimensionCatalogue) -> Dimension | Fault:
    try:
        dimension = _dimension(wanted, mapping, catalogue)
        if isinstance(dimension, Fault):
            return dimension
        value = _value(wanted, dimension, catalogue.values(str(dimension["id"])))
    except DynamicsError as error:
        if error.scope == "run":
            raise
        return from_error(
            error, "resolve", field=wanted.field, doing=f"Looking up the dimension of {wanted.field} failed"
        )
    if isinstance(value, Fault):
        return value
    return Dimension(str(dimension["id"]), str(dimension["code"]), str(value["id"]), str(value["code"]))


def _dimension(wanted: WantedDimension, mapping: Mapping[str, str], catalogue: DimensionCatalogue) -> Row | Fault:
    rows = catalogue.dimensions()
    if wanted.prefix is not None:
        code = mapping[wanted.prefix]
        message = f"{wanted.field} is mapped to the dimension {code}, which the company does not have."
        return next(iter(_matching(rows, "code", code)), None) or Fault("resolve", wanted.field, "not_found", message)
    named = (("id", wanted.id), ("code", wanted.code), ("displayName", wanted.name))
    if not any(text for _, text in named):
        dimension_id = catalogue.dimension_of_value(wanted.value_id or "") if _is_id(wanted.value_id) else None
        named = (("id", dimension_id), ("", None), ("", None))
    return _first_match(rows, named, wanted.field, "dimension")


def _value(wanted: WantedDimension, dimension: Row, rows: Sequence[Row]) -> Row | Fault:
    named = (("id", wanted.value_id), ("code", wanted.value_code), ("displayName", wanted.value_name))
    return _first_match(rows, named, wanted.field, f"value of the dimension {dimension['code']}")


def _first_match(rows: Sequence[Row], named: Iterable[tuple[str, str | None]], field: str, noun: str) -> Row | Fault:
    """The row by the first of id, code and name that leads to one; two rows for one name are none.

    One of them that leads to another row is a contradiction.
    """
    tried, found = list[str](), dict[str, Row]()
    for name, text in named:
        if not text:
            continue
        hits = _matching(rows, name, plain_id(text) if name == "id" else text)
        words = f'{"name" if name == "displayName" else name} "{text}"'
        first = next(iter(found.values()), None)
        if first is not None:
            if hits and all(each["id"] != first["id"] for each in hits):
                return _of_two(field, noun, {**found, words: hits[0]})
            continue
        if len(hits) > 1:
            codes = ", ".join(sorted(str(row["code"]) for row in hits))
            message = f"{len(hits)} rows are a {noun} with the {words} ({codes}); give its id or code."
            return Fault("resolve", field, "ambiguous", message)
        if hits:
            found[words] = hits[0]
        else:
            tried.append(words)
    if found:
        return next(iter(found.values()))
    described = f"with the {' or '.join(tried)}" if tried else "of that id"
    return Fault("resolve", field, "not_found", f"There is no {noun} {described}.")


def _of_two(field: str, noun: str, rows: Mapping[str, Row]) -> Fault:
    """The fault that two ways to name a dimension or a value lead to two."""
    (one, first), (other, second) = rows.items()
    message = (
        f"The {one} and the {other} are each a {noun}, {first['code']} and {second['code']}; send one of them, or both "
        "of the same."
    )
    return Fault("resolve", field, CONTRADICTION, message)


def _matching(rows: Iterable[Row], name: str, text: str) -> list[Row]:
    if name == "displayName":
        return [row for row in rows if str(row.get(name, "")).strip() == text.strip()]
    return [row for row in rows if str(row.get(name, "")).strip().upper() == text.strip().upper()]


def _is_id(text: Any) -> bool:
    return isinstance(text, str) and bool(GUID.fullmatch(text))
