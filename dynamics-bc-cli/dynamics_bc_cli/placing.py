"""Which company does the path of a request lie in?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.companies import Company, match_companies
from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.odata.urls import company_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dynamics_bc_client.client import Client

NAMED_BY = ("company", "export_company_id", "company_ids")
"""Settings that name a company: the target's, its alias in a HotGlue job, the tap's."""

_HEAD = re.compile(r"/?([A-Za-z]\w*)(?=[/(?]|$)")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes.

    Attributes:
        path: Relative to the root of the API, or a whole URL.
        company: The company it lies in; None for the environment, or where the path names it by itself.
    """

    path: str
    company: Company | None = None


def place_of(client: Client, path: str, config: Mapping[str, Any], *, option: str | None) -> Place:
    """Where a path lies: in the company that was asked for, else in that of the config if the set belongs to one.

    Args:
        client: Talks to the environment.
        path: As it was given: of a set of a company, of one of the environment, or a whole URL.
        config: Names a company in a setting of the tap or the target.
        option: The company that was asked for.

    Raises:
        ConfigurationError: The company is not there, or the set belongs to a company and none is named.
    """
    if option is None and not _belongs_to_a_company(client, path):
        return Place(path)
    company = chosen_company(client, config, option=option, what=path)
    return Place(company_path(company.id, path.lstrip("/")), company)


def chosen_company(client: Client, config: Mapping[str, Any], *, option: str | None, what: str) -> Company:
    """The company that was asked for, else the one that the config names, else the only one.

    Args:
        client: Talks to the environment.
        config: Names a company in a setting of the tap or the target.
        option: The company that was asked for.
        what: What needs a company, for the message.

    Raises:
        ConfigurationError: The company is not there, or none is named and there are several.
    """
    companies = client.companies()
    named = [option] if option is not None else _named_in(config)
    chosen = match_companies(companies, named) if named else companies
    if len(chosen) != 1:
        listed = ", ".join(f'"{each.name}"' for each in chosen)
        raise ConfigurationError(
            f"{what} belongs to a company: name one with --company, or set company in the config. "
            f"There are {len(chosen)} to choose from: {listed}."
        )
    return chosen[0]


def _belongs_to_a_company(client: Client, path: str) -> bool:
    head = _HEAD.match(path)
    if head is None or head[1] == "companies":
        return False
    from tap_dynamics_bc.streams.discovery import company_sets  # noqa: PLC0415 - imports more than most requests need

    return head[1].casefold() in {name.casefold() for name in company_sets(client.metadata())}


def _named_in(config: Mapping[str, Any]) -> Sequence[str]:
    value = next((config[name] for name in NAMED_BY if config.get(name)), None)
    texts = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return [str(text) for text in texts if str(text).strip(" ,")]
