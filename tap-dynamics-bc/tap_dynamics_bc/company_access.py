"""Which companies can be read, and does a refusal concern one entity set or its whole company?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_client.errors import CompanyNotFound, DynamicsError, Forbidden
from dynamics_bc_client.odata.query import Query
from dynamics_bc_client.odata.urls import company_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dynamics_bc_client.client import Client
    from dynamics_bc_client.companies import Company


class CompanyAccess:
    """What a run has seen of each company.

    Args:
        client: Talks to the service.
        bookmarked: The ids of companies that had bookmarks before the run, in lower case.
        named: Whether the companies to read were named.
    """

    def __init__(self, client: Client, *, bookmarked: Iterable[str], named: bool) -> None:
        self._client = client
        self._bookmarked = frozenset(bookmarked)
        self._named = named
        self._readable: set[str] = set()
        self._closed: set[str] = set()

    @property
    def any_readable(self) -> bool:
        """Whether some company could be read."""
        return bool(self._readable)

    def saw(self, company: Company) -> None:
        """Something of a company was read."""
        self._readable.add(company.id)

    def close(self, company: Company) -> None:
        """Give a company up."""
        self._closed.add(company.id)

    def is_closed(self, company: Company | None) -> bool:
        """Whether a company was given up."""
        return company is not None and company.id in self._closed

    def is_expected(self, company: Company) -> bool:
        """Whether somebody counts on a company: it was named, something of it was read, or the state knows it."""
        return self._named or company.id in self._readable or company.id.casefold() in self._bookmarked

    def missing(self, shown: Iterable[Company]) -> list[str]:
        """The ids of the companies that should be shown and are not: who may not read a company does not see it."""
        if self._named:
            return []
        return sorted(self._bookmarked - {company.id.casefold() for company in shown})

    def is_refused(self, company: Company, error: DynamicsError) -> bool:
        """Whether nothing of a company can be read, and not only the entity set that failed.

        Where the environment refuses everybody everything for a while it says nothing of this company.

        Raises:
            DynamicsError: The run cannot go on.
        """
        if error.scope == "company":
            return True
        if not isinstance(error, Forbidden) or company.id in self._readable:
            return False
        if self._client.absence() is not None:
            return False
        probe = Query(company_path(company.id, "companyInformation"), select=("id",))
        try:
            next(self._client.pages(probe, page_size=1))
        except (Forbidden, CompanyNotFound):
            return True
        except DynamicsError as another:
            if another.scope == "run":
                raise
        self._readable.add(company.id)
        return False
