"""Which companies does a run read?"""

from __future__ import annotations

import pytest

from dynamics_bc_client.companies import Company
from dynamics_bc_client.errors import ConfigurationError
from tap_dynamics_bc.companies import named_companies

USA = Company("11111111-0000-0000-0000-000000000000", "CRONUS USA, Inc.", "Cronus")
UK = Company("22222222-0000-0000-0000-000000000000", "CRONUS UK Ltd.", "Cronus of London")
KNOWN = (USA, UK)


@pytest.mark.parametrize(
    ("texts", "companies"),
    [
        (["cronus uk ltd."], [UK]),
        (["CRONUS USA, Inc."], [USA]),
        (["CRONUS USA, Inc., CRONUS UK Ltd."], [USA, UK]),
        ([f"{UK.id},{USA.id}"], [USA, UK]),
        (["Cronus of London", UK.id], [UK]),
    ],
)
def test_companies_are_named_by_id_name_or_display_name_alone_or_between_commas(texts, companies):
    assert named_companies(KNOWN, texts) == companies


@pytest.mark.parametrize("text", ["CRONUS UK Ltd., Nobody", "Nobody", "Inc."])
def test_a_name_that_is_no_companys_is_an_error(text):
    with pytest.raises(ConfigurationError, match="There is no company"):
        named_companies(KNOWN, [text])
