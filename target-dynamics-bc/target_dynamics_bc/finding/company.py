"""Which company does a record go to, and can it be opened?"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from dynamics_bc_client.companies import Company, match_companies, match_company
from dynamics_bc_client.errors import ConfigurationError, DynamicsError
from dynamics_bc_client.odata.query import Query
from dynamics_bc_client.odata.urls import company_path
from target_dynamics_bc.finding.books import Books
from target_dynamics_bc.finding.contradictions import CONTRADICTION
from target_dynamics_bc.finding.dimensions import DimensionCatalogue, check_mapping, missing_codes
from target_dynamics_bc.kept.faults import Fault, from_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dynamics_bc_client.client import Client
    from target_dynamics_bc.settings import TargetSettings
    from target_dynamics_bc.wanted.records import Row, WantedRecord

log = logging.getLogger(__name__)

_OF_THE_TAP = ("company_id", "company_name")
_PAIRS = (("subsidiaryId", "subsidiaryName"), _OF_THE_TAP)
"""Fields that name one company in two ways; the second ones count only with `route_by_company`."""


def default_company(companies: Sequence[Company], settings: TargetSettings) -> Company | None:
    """The company that records go to when they name none; None when each has to name one.

    Args:
        companies: Those of the environment.
        settings: The target's settings.

    Raises:
        ConfigurationError: There is no such company, or it is not an allowed one.
    """
    allowed = companies_allowed(companies, settings)
    if settings.company:
        company = match_company(companies, settings.company)
        if company not in allowed:
            raise ConfigurationError(
                f'company is "{company.name}", which allowed_companies does not name: add it there, or set company to '
                "one of those."
            )
        return company
    return allowed[0] if len(allowed) == 1 else None


def companies_allowed(companies: Sequence[Company], settings: TargetSettings) -> Sequence[Company]:
    """The companies that records may go to.

    Raises:
        ConfigurationError: `allowed_companies` names one that there is not.
    """
    if settings.allowed_companies is None:
        return companies
    try:
        return match_companies(companies, settings.allowed_companies)
    except ConfigurationError as error:
        raise ConfigurationError(f"allowed_companies: {error.message}") from error


class Companies:
    """Finds the company of each record and makes it known, once.

    Args:
        client: Asks the service.
        settings: Says where records go that name no company.
    """

    def __init__(self, client: Client, settings: TargetSettings) -> None:
        self._client = client
        self._settings = settings
        self._naming = _PAIRS if settings.route_by_company else _PAIRS[:1]
        self._listed: list[Company] | None = None
        self._open: dict[str, Books] = {}
        self._closed: dict[str, DynamicsError] = {}
        self._default: Company | None = None

    def check_default(self) -> None:
        """Find the configured company, or the only one there is, and see that it has the dimensions of the mapping.

        Raises:
            ConfigurationError: There is no such company, or it lacks dimensions that a mapping of the user's names.
            DynamicsError: The service could not be asked.
        """
        company = self._default_company()
        if company is not None:
            books = self._books(company)
            with _dimensions_may_be_hidden(company.name):
                check_mapping(self._settings.dimension_mapping, books.dimensions, company.name)

    @property
    def default(self) -> Company | None:
        """Where records go that name no company; None when each has to name one.

        Raises:
            DynamicsError: The service could not be asked.
        """
        return self._default_company()

    def ids(self) -> list[str]:
        """Ids of all companies of the environment.

        Raises:
            DynamicsError: The service could not be asked.
        """
        return [company.id for company in self._companies()]

    def name_of(self, company_id: str) -> str | None:
        """What a company is called that records were written to; None for any other."""
        books = self._open.get(company_id)
        return None if books is None else books.name

    def books_of(self, wanted: WantedRecord) -> Books | Fault:
        """The company that a record goes to; a fault when it names one that there is not.

        Raises:
            ConfigurationError: The record names none, none is configured, and there are several.
            DynamicsError: The service could not be asked.
        """
        named = self._named_by(wanted)
        if not named:
            company = self._default_company()
            if company is None:
                allowed = companies_allowed(self._companies(), self._settings)
                names = ", ".join(f'"{company.name}"' for company in allowed)
                its = next((name for name in _OF_THE_TAP if wanted.record.get(name)), None)
                by_record = f", or set route_by_company to send each record to the one in its {its}" if its else ""
                raise ConfigurationError(
                    f"The records do not say which company they go to, and there are several: {names}. Set "
                    f"company to one of them{by_record}."
                )
            return self._books(company)
        meant = self._meant(named)
        return meant if isinstance(meant, Fault) else self._named_books(meant, next(iter(named)))

    def _meant(self, named: Mapping[str, str]) -> Company | Fault:
        """The one company that a record names, in a field or in two."""
        (field, text), *others = named.items()
        try:
            company = match_company(self._companies(), text)
        except ConfigurationError as error:
            return Fault("resolve", field, "not_found", error.message)
        for other, its in others:
            with contextlib.suppress(ConfigurationError):
                if (second := match_company(self._companies(), its)) != company:
                    message = (
                        f'{field} and {other} name two companies, "{company.name}" and "{second.name}"; send one of '
                        "them, or both of the same company."
                    )
                    return Fault("resolve", field, CONTRADICTION, message)
        if company not in companies_allowed(self._companies(), self._settings):
            message = (
                f'The record is for the company "{company.name}", which the setting allowed_companies does not name.'
            )
            return Fault("resolve", field, "company_not_allowed", message)
        return company

    def _named_books(self, company: Company, field: str) -> Books | Fault:
        """The company that a record names; that it cannot be opened is the matter of its own records."""
        if company.id in self._closed:
            return from_error(self._closed[company.id], "resolve", field=field)
        is_new = company.id not in self._open
        try:
            books = self._books(company)
        except DynamicsError as error:
            if error.scope == "run":
                raise
            self._closed[company.id] = error
            return from_error(error, "resolve", field=field)
        if is_new:
            self._warn_of_missing_codes(books)
        return books

    def _named_by(self, wanted: WantedRecord) -> dict[str, str]:
        """The fields that name the record's company, with what they say; the first counts."""
        for pair in self._naming:
            found = {name: text for name in pair if (text := str(wanted.record.get(name) or "").strip())}
            if found:
                return found
        return {}

    def _companies(self) -> list[Company]:
        if self._listed is None:
            self._listed = self._client.companies()
        return self._listed

    def _default_company(self) -> Company | None:
        if self._default is None:
            if not self._companies():
                raise ConfigurationError(
                    "The environment has no company that this sign-in may read; check the app's permissions."
                )
            self._default = default_company(self._companies(), self._settings)
        return self._default

    def _books(self, company: Company) -> Books:
        if company.id not in self._open:
            setup = self._ledger_setup(company.id)
            globals_ = {
                str(setup[f"shortcutDimension{n}Code"]).upper(): f"shortcutDimension{n}Code"
                for n in (1, 2)
                if setup.get(f"shortcutDimension{n}Code")
            }
            self._open[company.id] = Books(
                company.id,
                company.name,
                DimensionCatalogue(company.id, self._client.rows),
                local_currency=str(setup.get("localCurrencyCode") or ""),
                header_dimensions=globals_,
            )
        return self._open[company.id]

    def _ledger_setup(self, company_id: str) -> Row:
        """Local currency and global dimensions; who may not read them does without, so dimensions go the longer way."""
        try:
            rows = self._client.rows(Query(company_path(company_id, "generalLedgerSetup")))
        except DynamicsError as error:
            if error.scope == "run" or error.repeatable:
                raise
            log.warning(
                "The general ledger setup could not be read, so the local currency is not known: %s", error.message
            )
            return {}
        return rows[0] if rows else {}

    def _warn_of_missing_codes(self, books: Books) -> None:
        mapping = self._settings.dimension_mapping
        if mapping.source is None:
            return
        with _dimensions_may_be_hidden(books.name):
            if missing := missing_codes(mapping, books.dimensions):
                log.warning(
                    'The company "%s" has no dimension %s, which %s maps to: records of it that use them are rejected.',
                    books.name,
                    " and no dimension ".join(missing),
                    mapping.source,
                )


@contextlib.contextmanager
def _dimensions_may_be_hidden(company_name: str) -> Iterator[None]:
    """Who may not read a company's dimensions can still write what has none."""
    try:
        yield
    except DynamicsError as error:
        if error.scope == "run":
            raise
        log.warning(
            'The dimensions of the company "%s" could not be read, so its records that use any are rejected: %s',
            company_name,
            error.message,
        )
