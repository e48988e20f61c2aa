"""What is put in order that records of earlier runs, or late requests, left behind?"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import DynamicsError
from target_dynamics_bc.writing import leftovers
from target_dynamics_bc.writing.unit import PREVIEW_OF
from target_dynamics_bc.writing.writes import Address, Write

if TYPE_CHECKING:
    from target_dynamics_bc.kept.memory import Memory
    from target_dynamics_bc.kinds.kind import Kind
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.service import Service

log = logging.getLogger(__name__)


class Tidying:
    """Puts in order what was left behind.

    Args:
        service: Asks and deletes.
        memory: Knows what was written, and for whom.
        dry_run: Only say it.
        previews: Turn nothing back but what previews left.
    """

    def __init__(self, service: Service, memory: Memory, *, dry_run: bool, previews: bool = False) -> None:
        self._service = service
        self._memory = memory
        self._dry_run = dry_run
        self._previews = previews
        self._is_tidy = False

    def turn_back_refused(self) -> None:
        """Turn back, once in a run, what earlier runs left of records that are refused.

        Raises:
            DynamicsError: The whole run cannot go on.
        """
        if self._is_tidy or (self._dry_run and not self._previews):
            return
        self._is_tidy = True
        for key in self._memory.refused_units():
            if self._previews and not key.entity.startswith(PREVIEW_OF):
                continue
            why = "is only previewed" if key.entity.startswith(PREVIEW_OF) else "is refused"
            for undo in self._memory.to_turn_back(key):
                error = self._service.turn_back(undo)
                if error is not None:
                    log.warning("What was written for %s, which %s, is still there: %s", key.identity, why, error)
                    break
            else:
                log.info("What an earlier run wrote for %s, which %s, is turned back.", key.identity, why)

    def clear_leftovers(self, company_id: str, kind: Kind) -> None:
        """Remove journal batches of ours whose entry or payment is posted: a late create may have made them once more.

        Raises:
            DynamicsError: The whole run cannot go on.
        """
        (batches,) = self._service.questions.look([leftovers.look(company_id, kind)])
        if isinstance(batches, DynamicsError):
            log.warning("It is not known whether journal batches of ours were left behind: %s", batches.message)
            return
        for batch in batches:
            number = leftovers.number_of(batch)
            identities = self._memory.posted(company_id, kind.name, number)
            identity = leftovers.owner(company_id, kind, batch, identities)
            if identity is not None:
                is_ours = leftovers.is_ours_alone(company_id, kind, batch, identity)
                self._clear(company_id, Address(kind.batches, str(batch["id"])), batch, is_ours=is_ours)

    def _clear(self, company_id: str, address: Address, batch: Row, *, is_ours: bool) -> None:
        name = f'The journal batch {batch["code"]} ("{batch["displayName"]}")'
        if not is_ours or self._dry_run:
            whose = "" if is_ours else " and holds lines of somebody else"
            log.warning("%s is a copy of what is posted%s; delete it, so that nobody posts it again.", name, whose)
            return
        error = self._service.discard(company_id, Write("DELETE", address))
        if error is not None:
            log.warning("%s is a copy of what is posted and could not be deleted: %s", name, error.message)
        else:
            log.warning("%s was a copy of what is posted, made by a late create; it has been deleted.", name)
