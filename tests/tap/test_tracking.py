"""By which of its properties are changed rows of a set found again, and what may somebody name?"""

from __future__ import annotations

import pytest

from dynamics_bc_client.odata.metadata import Property
from tap_dynamics_bc.streams.replication import WHOLE, Day, Moment, Number, RowVersion
from tap_dynamics_bc.streams.tracking import tracking_by, tracking_of

MOMENT, DATE, COUNT, LONG = "Edm.DateTimeOffset", "Edm.Date", "Edm.Int32", "Edm.Int64"


def properties(**types: str) -> dict[str, Property]:
    return {name: Property(name, kind) for name, kind in types.items()}


@pytest.mark.parametrize(
    "name",
    [
        "systemModifiedAt",
        "SystemModifiedAt",
        "System_Modified_At",
        "lastModifiedDateTime",
        "Last_Modified_Date_Time",
        "lastModfiedDateTime",
        "LastModifiedDateTime",
    ],
)
def test_the_platforms_stamp_is_known_in_every_spelling(name):
    assert tracking_of(properties(id="Edm.Guid", **{name: MOMENT})) == Moment(name)


def test_the_platforms_stamp_goes_before_one_that_an_extension_may_maintain():
    assert tracking_of(properties(lastModifiedDateTime=MOMENT, systemModifiedAt=MOMENT)) == Moment("systemModifiedAt")


@pytest.mark.parametrize("name", ["systemRowVersion", "SystemRowVersion", "System_Row_Version"])
def test_a_row_version_is_known_where_there_is_no_stamp(name):
    assert tracking_of(properties(**{name: LONG})) == RowVersion(name)
    assert tracking_of(properties(**{name: LONG}, SystemModifiedAt=MOMENT)) == Moment("SystemModifiedAt")


@pytest.mark.parametrize(
    "known",
    [
        properties(systemModifiedAt="Edm.String"),
        properties(systemRowVersion="Edm.String"),
        properties(systemCreatedAt=MOMENT, postingDate=DATE, entryNo=COUNT),
        {},
    ],
)
def test_what_need_not_move_with_every_change_is_not_taken_for_a_stamp(known):
    assert tracking_of(known) is WHOLE


@pytest.mark.parametrize(
    ("name", "type_", "expected"),
    [
        ("changedAt", MOMENT, Moment("changedAt")),
        ("postingDate", DATE, Day("postingDate")),
        ("entryNo", COUNT, Number("entryNo")),
        ("Entry_No", LONG, Number("Entry_No")),
        ("rowVersion", LONG, RowVersion("rowVersion")),
        ("timestamp", LONG, RowVersion("timestamp")),
    ],
)
def test_what_somebody_names_is_taken_by_its_type(name, type_, expected):
    assert tracking_by(Property(name, type_)) == expected


@pytest.mark.parametrize("type_", ["Edm.String", "Edm.Decimal", "Edm.Guid", "Edm.Boolean", "Microsoft.NAV.status"])
def test_what_has_no_order_is_refused(type_):
    with pytest.raises(ValueError, match=f"must name a moment, a date or a whole number, and status is {type_}"):
        tracking_by(Property("status", type_))
