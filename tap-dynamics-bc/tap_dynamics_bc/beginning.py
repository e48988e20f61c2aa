"""What does a run know before it reads: which companies there are, what time it is, what of the state holds?"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamics_bc_client.companies import Company, match_companies
from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.limits import PAGE_ROWS
from dynamics_bc_client.odata.pages import RowKeys, rows
from dynamics_bc_client.odata.query import Query
from dynamics_bc_client.paging import kept_together
from tap_dynamics_bc.reads.horizon import Horizon
from tap_dynamics_bc.streams.entities import COMPANIES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from dynamics_bc_client.client import Client
    from tap_dynamics_bc.reads.bookmarks import Bookmarks
    from tap_dynamics_bc.settings import TapSettings

log = logging.getLogger(__name__)

BOOKMARKS_NAMED = 3
_COMPANY = RowKeys(("id",))


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a run begins with.

    Attributes:
        known: The companies that the environment shows.
        companies: Those of them that are read.
        horizon: Up to which moment the run may rely on what it reads.
    """

    known: list[Company]
    companies: list[Company]
    horizon: Horizon


def begin(client: Client, settings: TapSettings, bookmarks: Bookmarks, now: datetime) -> Beginning:
    """Look at the companies, and with them at the service's clock; forget what cannot hold of the state.

    Args:
        client: Talks to the service.
        settings: What to read.
        bookmarks: Of the state.
        now: By our clock.

    Raises:
        ConfigurationError: A company that was named is not there, or the start date lies in the future.
        DynamicsError: The companies cannot be read.
    """
    listing = list(kept_together(client.pages(Query(COMPANIES), page_size=PAGE_ROWS, keys=_COMPANY), COMPANIES))
    # By the first page: what happens while the others are read belongs to the next run as well.
    horizon = Horizon.of(listing[0].served_at, now=now, lookback=settings.lookback, commit_delay=settings.commit_delay)
    if horizon.ahead:
        log.warning(
            "The service's clock is %s ahead of this machine's. Bookmarks follow this machine's clock.", horizon.ahead
        )
    known = [Company.from_record(record) for page in listing for record in rows(page.body)]
    _refuse_future(settings.start_date, horizon)
    _distrust_future(bookmarks, horizon)
    bookmarks.begin_again(settings.full_reread_every, horizon.started_at)
    _forget_companies(bookmarks, settings.forget_companies, known)
    companies = known if settings.companies is None else match_companies(known, settings.companies)
    return Beginning(known, companies, horizon)


def _refuse_future(start_date: str | None, horizon: Horizon) -> None:
    """Refuse a start in the future: bookmarks would be made of next to nothing, and hide all rows from later runs.

    Raises:
        ConfigurationError: It is one.
    """
    if start_date is not None and start_date > horizon.future:
        raise ConfigurationError(
            f"start_date ({start_date}) lies in the future by the service's clock "
            f"({horizon.started_at.isoformat(timespec='seconds')}), so nothing would be read."
        )


def _distrust_future(bookmarks: Bookmarks, horizon: Horizon) -> None:
    if forgotten := bookmarks.distrust(horizon.future):
        named = ", ".join(f"{stream} ({value})" for stream, value in forgotten[:BOOKMARKS_NAMED])
        more = f" and {len(forgotten) - BOOKMARKS_NAMED} more" if len(forgotten) > BOOKMARKS_NAMED else ""
        log.warning(
            "Bookmarks of the state lie in the future by the service's clock (%s), where nothing would be read: %s%s. "
            "They are not used, and those streams are read from the beginning.",
            horizon.started_at.isoformat(timespec="seconds"),
            named,
            more,
        )


def _forget_companies(bookmarks: Bookmarks, ids: Sequence[str], known: Sequence[Company]) -> None:
    """Take companies out of the state that somebody says were deleted, and no others."""
    shown = {company.id.casefold(): company for company in known}
    for each in ids:
        if company := shown.get(each.casefold()):
            log.warning(
                'forget_companies names "%s" (%s), which is there: its bookmarks stay.', company.name, company.id
            )
    if forgotten := bookmarks.forget_companies(each for each in ids if each.casefold() not in shown):
        log.warning("The bookmarks of %s are forgotten, as forget_companies says.", ", ".join(forgotten))
