"""Does the store remember this environment, or another one?

What another environment was given is not here, even if its companies have the same ids, as those of a copy have. The
same holds when the environment was put back to an earlier moment: then it lacks what the store remembers last.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from uuid import UUID

from dynamics_bc_client.errors import ConfigurationError, DynamicsError
from dynamics_bc_client.limits import NAME_CHARACTERS
from dynamics_bc_client.odata.urls import company_path
from target_dynamics_bc.finding.asking import by_key

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from dynamics_bc_client.odata.query import Query
    from dynamics_bc_client.settings import ConnectionSettings
    from target_dynamics_bc.kept.memory import Memory
    from target_dynamics_bc.kept.units import LastWritten
    from target_dynamics_bc.kinds.table import Kinds
    from target_dynamics_bc.wanted.records import Row

    Look = Callable[[Sequence[Query]], list[list[Row] | DynamicsError]]

log = logging.getLogger(__name__)

TENANT, NAME = "tenant_id", "environment_name"

SAMPLE = 5
"""How many of the records that were written last are looked for."""


def names_of(connection: ConnectionSettings) -> dict[str, str]:
    """What the configured environment is named by."""
    if connection.full_url:
        return _named_by(connection.full_url) or {"full_url": connection.full_url}
    tenant = connection.environment_tenant or connection.tenant_id
    return {**({TENANT: tenant} if tenant else {}), NAME: connection.environment_name}


def _named_by(url: str) -> dict[str, str] | None:
    """Tenant and environment in an API root of Business Central online, `.../v2.0/[tenant/]environment/api/...`."""
    route, found, _ = urlsplit(url).path.partition("/api/")
    parts = [unquote(part) for part in route.split("/") if part]
    if not found or parts[:1] != ["v2.0"] or len(parts) not in {2, 3}:
        return None
    return {**({TENANT: parts[1]} if len(parts) == 3 else {}), NAME: parts[-1]}


class RememberedEnvironment:
    """Binds a store to its environment.

    Args:
        memory: The store's memory.
        names: What the configured environment is named by.
        company_ids: Ids of all its companies.
        look: Asks it.
        environment_names: Lists all environments of the tenant.
        kinds: The table of kinds.
    """

    def __init__(
        self,
        memory: Memory,
        names: Mapping[str, str],
        *,
        company_ids: Collection[str],
        look: Look,
        environment_names: Callable[[], Collection[str]],
        kinds: Kinds,
    ) -> None:
        self._kinds = kinds
        self._memory = memory
        self._names = names
        self._company_ids = {id_.casefold() for id_ in company_ids}
        self._look = look
        self._environment_names = environment_names

    def bind(self) -> bool:
        """See that the store is of this environment, and make it so if it is new or does not say.

        Returns:
            Whether what the store calls done can be believed without a look.

        Raises:
            ConfigurationError: It remembers another environment, or this one at a later moment.
        """
        theirs = self._memory.environment()
        posted, others = self._newest(), self._newest([kind.name for kind in self._kinds if kind.is_lasting])
        if theirs and not self._agrees(theirs) and not self._is_renamed(theirs, [*posted, *others]):
            raise _of_another_environment(theirs, self._names)
        if posted and posted[0][1] is False:
            raise _put_back(posted[0][0])
        self._memory.bind({**theirs, **self._names} if theirs.keys() & self._names.keys() else self._names)
        is_gone = len(others) > 1 and not any(there for _, there in others)
        if is_gone:
            log.warning(
                "The %d records that the store remembers last are not in Business Central any more, so each record is "
                "looked up again.",
                len(others),
            )
        return not is_gone

    def _agrees(self, theirs: Mapping[str, str]) -> bool:
        """Whether both are named alike, as far as the names can be compared; if they cannot, companies must agree."""
        ours = self._names
        different = {name for name in ours if name in theirs and theirs[name].casefold() != ours[name].casefold()}
        if not different and theirs.keys() & ours.keys() - {TENANT}:
            return True
        if different - {TENANT} or (different and _are_guids(theirs[TENANT], ours[TENANT])):
            return False
        remembered = {id_.casefold() for id_ in self._memory.company_ids()}
        return not remembered or not remembered.isdisjoint(self._company_ids)

    def _is_renamed(self, theirs: Mapping[str, str], sample: Sequence[tuple[LastWritten, bool]]) -> bool:
        """Whether it goes by another name by now: the old name is nobody's, and what was written last is there."""
        different = {name for name in self._names if theirs.get(name) != self._names[name]}
        if NAME not in theirs or different != {NAME} or not sample:
            return False
        try:
            listed = {name.casefold() for name in self._environment_names()}
        except DynamicsError:
            return False
        if theirs[NAME].casefold() in listed or not all(there for _, there in sample):
            return False
        log.info('The environment "%s" is called "%s" by now.', theirs[NAME], self._names[NAME])
        return True

    def _newest(self, lasting: Collection[str] | None = None) -> list[tuple[LastWritten, bool]]:
        """Of what was written last, whether it is there. What could not be asked for is left out."""
        turned = [kind.name for kind in self._kinds if kind.ends_as]  # an order that was invoiced is gone by itself
        known = [each for each in self._memory.newest(SAMPLE, lasting, but=turned) if self._is_here(each)]
        answers = self._look([self._query(each) for each in known]) if known else []
        return [
            (each, bool(rows)) for each, rows in zip(known, answers, strict=True) if not isinstance(rows, DynamicsError)
        ]

    def _query(self, known: LastWritten) -> Query:
        kind = self._kinds.of_stream(known.entity)
        # What is posted from a journal is known by a row of the general ledger.
        entity_set = known.entity if kind is None or not kind.batches else "generalLedgerEntries"
        return by_key(company_path(known.company_id, entity_set), "id", known.id, select=("id",))

    def _is_here(self, known: LastWritten) -> bool:
        return known.company_id.casefold() in self._company_ids


def _are_guids(*texts: str) -> bool:
    try:
        return all(UUID(text) for text in texts)
    except ValueError:
        return False


def _of_another_environment(theirs: Mapping[str, str], ours: Mapping[str, str]) -> ConfigurationError:
    named, named_here = (", ".join(text[:NAME_CHARACTERS] for text in each.values()) for each in (theirs, ours))
    return ConfigurationError(
        f"The store is of another environment ({named}), not of this one ({named_here}): what it calls done is not "
        "here. Give this environment a store_path of its own; then every record is looked up before it is written."
    )


def _put_back(known: LastWritten) -> ConfigurationError:
    number, entity, at = (text[:NAME_CHARACTERS] for text in (known.number, known.entity, known.changed_at))
    return ConfigurationError(
        f"The store remembers that {number} of {entity} was posted at {at} UTC, and Business Central does not have it: "
        "the environment was put back to an earlier moment, or is a copy. Use a new store_path; then every "
        "record is looked up before it is written."
    )
