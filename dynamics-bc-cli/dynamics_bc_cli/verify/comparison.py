"""What is compared, by config, catalog and state, and what comes of it?"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from dynamics_bc_cli.naming import named
from dynamics_bc_cli.verify.comparing import verdict
from dynamics_bc_cli.verify.sides import DESTINATION, Part, Sides
from dynamics_bc_cli.verify.source import Source
from dynamics_bc_cli.verify.streams import Compared, compared, why_not
from dynamics_bc_client.companies import match_companies
from dynamics_bc_client.odata.query import stamp_literal
from tap_dynamics_bc.reads.bookmarks import Bookmarks
from tap_dynamics_bc.reads.states import unwrapped
from tap_dynamics_bc.tap import TapDynamicsBC

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dynamics_bc_cli.verify.comparing import Verdict
    from dynamics_bc_cli.verify.destinations import Destination
    from dynamics_bc_client.companies import Company
    from tap_dynamics_bc.reads.bookmarks import Partition

NOT_VISIBLE = "this sign-in does not see the company, or it was deleted"


class Comparison:
    """One comparison.

    Args:
        config: The tap's.
        config_path: Where it came from.
        catalog: What is selected; the tap's own choice when None.
        state: Of the last run; what is newer than its bookmarks is not missing.
        streams: Names of streams in place of the selected ones; empty for these.
        companies: Names or ids; empty for all that the config reads.
        with_index: Whether the destination is the index of known keys, which holds rows of companies alone.

    Raises:
        DynamicsError: A setting is wrong, or nothing can be read.
    """

    def __init__(
        self,
        config: dict[str, Any],
        *,
        config_path: Path,
        catalog: dict[str, Any] | None = None,
        state: dict[str, Any] | None = None,
        streams: Sequence[str] = (),
        companies: Sequence[str] = (),
        with_index: bool = False,
    ) -> None:
        # Whoever looks for deletions keeps an index, which a comparison only reads.
        self._tap = TapDynamicsBC(config={**config, "deletes": None}, config_path=config_path, catalog=catalog)
        self._state = Bookmarks(unwrapped(state or {"bookmarks": {}}).get("bookmarks", {}))
        self._named_companies = companies
        chosen = [self._stream_named(name) for name in streams] or [
            name for name, each in self._tap.streams.items() if each.selected
        ]
        described = self._tap.descriptions
        reasons = {name: why_not(described[name], with_index=with_index) for name in chosen}
        self.left_out = {name: reason for name, reason in reasons.items() if reason}
        self.streams: Mapping[str, Compared] = {
            name: compared(described[name]) for name in chosen if name not in self.left_out
        }

    @cached_property
    def as_of(self) -> str:
        """The moment that the comparison holds for, by the service's clock."""
        return stamp_literal(self._tap.run.started_at)

    @cached_property
    def company_names(self) -> dict[str, str]:
        """Companies by their ids in lower case; what belongs to none has no name."""
        return {"": "", **{company.id.lower(): company.name for company in self._tap.run.known_companies}}

    def verdicts(self, destination: Destination) -> list[Verdict]:
        """Compare all parts.

        Raises:
            ConfigurationError: There is no such destination, or it is another one.
            DynamicsError: Nothing can be read.
        """
        source = self._source()
        with Sides() as sides:
            source.read(sides)
            destination.read(sides, self.streams)
            return [verdict(sides, part, source) for part in self._parts(sides, source)]

    def close(self) -> None:
        """Let go of the service."""
        self._tap.close()

    def _source(self) -> Source:
        return Source(
            client=self._tap.client,
            companies=self._companies,
            streams=self.streams,
            described=self._tap.descriptions,
            filters=self._tap.filters,
            started_at=self._tap.run.started_at,
            start_of=Bookmarks({}, start_date=self._tap.settings.start_date).start,
            horizon=self._horizon,
            raw_values=self._tap.settings.raw_values,
        )

    @cached_property
    def _companies(self) -> Sequence[Company]:
        companies = self._tap.run.companies
        return match_companies(companies, self._named_companies) if self._named_companies else companies

    def _horizon(self, partition: Partition) -> str:
        """What came from then on need not be in the destination: since the last run, or since now."""
        at = self._state.start(partition).at
        return at if isinstance(at, str) else self.as_of

    def _parts(self, sides: Sides, source: Source) -> list[Part]:
        """What is compared: all streams in all companies, and what the destination has of companies beside these."""
        ids = [company.id.lower() for company in self._companies]
        wanted = [
            Part(name, each) for name, one in self.streams.items() for each in (ids if one.stream.in_company else [""])
        ]
        known = {company.id.lower() for company in self._tap.run.known_companies}
        everything = not self._named_companies and self._tap.settings.companies is None
        strange = sorted(part for part in sides.parts(DESTINATION) - set(wanted) if part.company_id not in known)
        for part in strange if everything else ():
            source.failed.setdefault(part, NOT_VISIBLE)
            wanted.append(part)
        return wanted

    def _stream_named(self, name: str) -> str:
        return named(name, self._tap.streams)
