"""What may be written to a stream here? The target's table, over what the tenant publishes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_cli.placing import chosen_company
from dynamics_bc_client.errors import ConfigurationError, DynamicsError
from dynamics_bc_client.odata.pages import rows as rows_of
from dynamics_bc_client.odata.query import Expansion, Query
from dynamics_bc_client.odata.urls import company_path
from target_dynamics_bc.describing.dimension_rules import VALUES_ROUTE, dimension_rules
from target_dynamics_bc.describing.examples import is_complete, own_example, unified_example
from target_dynamics_bc.describing.schema import own_schema, rights_of, unified_schema
from target_dynamics_bc.finding.dimensions import DimensionMapping
from target_dynamics_bc.kinds.facts import packaged_facts
from target_dynamics_bc.kinds.published import Published, as_published
from target_dynamics_bc.kinds.standard import standard_kinds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_client.client import Client
    from dynamics_bc_client.companies import Company
    from target_dynamics_bc.kinds.kind import Kind

_DEFAULTS = Expansion("defaultDimensions", ("dimensionCode", "dimensionValueCode", "postingValidation"))
LISTS_ALL = "`dynamics-bc streams --write` lists all that can be written."
LOOKED_AT = 100
"""Rows of a set that are looked at for an example."""


def described(client: Client, config: Mapping[str, Any], stream: str, *, company: str | None) -> dict[str, Any]:
    """The schemas of a stream's records, in each dialect, with examples.

    Args:
        client: Talks to the environment.
        config: The target's config, which may name the company.
        stream: The stream, by any of its names.
        company: The company that was asked for; None for that of the config, or the only one.

    Raises:
        ConfigurationError: Nothing can write the stream, or no company is named.
        DynamicsError: The environment could not be asked.
    """
    kind = _kind(client, stream)
    company_of = _Company(client, chosen_company(client, config, option=company, what=stream))
    own, unified = own_schema(kind, stream), unified_schema(kind, _prefixes(config), stream)
    own["x-dimensions"] = company_of.dimensions(kind)
    example = own_example(kind, company_of.pick)
    own["examples"] = [example] if is_complete(example) else []
    if unified is not None:
        filled = unified_example(kind, company_of.pick)
        unified["examples"] = [filled] if filled is not None and is_complete(filled) else []
    return own if unified is None else {**own, "x-unified": unified}


def _prefixes(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The prefixes of root fields that name dimensions, by the config or as they are without a word of it."""
    mappings = config.get("dimension_mappings")
    return tuple(mappings if isinstance(mappings, dict) else DimensionMapping().codes)


def writable_streams(client: Client) -> list[dict[str, Any]]:
    """All streams that can be written here, one row each.

    Raises:
        DynamicsError: The environment could not be asked.
    """
    kinds = standard_kinds().with_room()
    return [
        {
            "stream": kind.name,
            "other_names": [name for name in kind.names() if name != kind.name],
            "what": kind.noun.many,
            "rights": rights_of(kind.facts),
            "actions": [each.name for each in kind.actions],
        }
        for kind in Published(client, client.settings.route_root, kinds).all()
    ]


def _kind(client: Client, stream: str) -> Kind:
    kinds = standard_kinds().with_room()
    published = Published(client, client.settings.route_root, kinds)
    known = kinds.of_stream(stream)
    found = as_published(known, client.metadata()) if known is not None else published.kind(stream)
    if isinstance(found, str):
        raise ConfigurationError(f"{found} {LISTS_ALL}")
    return found


class _Company:
    """What one company has that records may refer to.

    Args:
        client: Talks to the environment.
        company: The company.
    """

    def __init__(self, client: Client, company: Company) -> None:
        self._client = client
        self._company = company

    def pick(self, entity_set: str) -> str | None:
        """The number or code of a row that may be referred to: of accounts one that is posted to directly."""
        rows = [row for row in self._first(entity_set) if row.get("directPosting", True) and not _is_blocked(row)]
        row = next(iter(rows), None)
        return None if row is None else str(row.get("number") or row.get("code"))

    def dimensions(self, kind: Kind) -> dict[str, Any] | None:
        """The dimensions of the company, and what is asked for of them; None for what has none."""
        if kind.dimensions is None and kind.lines is None:
            return None
        facts = [kind.facts, *([kind.lines.facts] if kind.lines is not None else [])]
        referred = {relation.entity_set for each in facts for relation in each.relations}
        referred |= set(kind.journal.accounts.values()) if kind.journal is not None else set()
        known = packaged_facts()
        asking = sorted(name for name in referred if _DEFAULTS.navigation in known[name].children)
        route = self._client.settings.route_root(VALUES_ROUTE)
        values = self._all(f"{route}/{company_path(self._company.id, 'dimensionValues')}")
        codes = self._all(company_path(self._company.id, "dimensions")) or []
        return dimension_rules(codes, values, {name: self._with_defaults(name) for name in asking})

    def _with_defaults(self, entity_set: str) -> list[dict[str, Any]]:
        path = company_path(self._company.id, entity_set)
        return self._all(path, select=("number",), expand=(_DEFAULTS,)) or []

    def _all(
        self, path: str, *, select: tuple[str, ...] = (), expand: tuple[Expansion, ...] = ()
    ) -> list[dict[str, Any]] | None:
        """All rows of a set; None for what may not be read or is not there."""
        try:
            return self._client.rows(Query(path, select, expand))
        except DynamicsError as error:
            if error.scope == "run":
                raise
            return None

    def _first(self, entity_set: str) -> list[dict[str, Any]]:
        query = Query(company_path(self._company.id, entity_set))
        try:
            page = next(self._client.pages(query, page_size=LOOKED_AT), None)
        except DynamicsError as error:
            if error.scope == "run":
                raise
            return []  # what may not be read, or is not there, is not in the example
        return [] if page is None else rows_of(page.body)


def _is_blocked(row: Mapping[str, Any]) -> bool:
    return row.get("blocked") not in {None, False, "", " ", "_x0020_"}
