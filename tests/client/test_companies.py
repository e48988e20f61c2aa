"""Which company a text means."""

from __future__ import annotations

import pytest

from dynamics_bc_client.companies import Company, match_companies, match_company
from dynamics_bc_client.errors import ConfigurationError

CRONUS = Company("5DE545BC-f6f9-ef11-9344-6045bdc8c234", "CRONUS", "Cronus International")
SHOP = Company("2", "My Shop", "Same Name")
OTHER = Company("3", "Other", "Same Name")
KNOWN = [CRONUS, SHOP, OTHER]


@pytest.mark.parametrize(
    ("text", "company"),
    [
        ("5de545bc-F6F9-ef11-9344-6045bdc8c234", CRONUS),
        ("{5DE545BC-F6F9-EF11-9344-6045BDC8C234}", CRONUS),
        ("5de545bcf6f9ef1193446045bdc8c234", CRONUS),
        ("cronus", CRONUS),
        (" CRONUS INTERNATIONAL ", CRONUS),
        ("my shop", SHOP),
    ],
)
def test_id_name_and_display_name_match_in_any_case(text, company):
    assert match_company(KNOWN, text) is company


def test_a_part_of_a_name_is_not_the_name():
    with pytest.raises(ConfigurationError) as caught:
        match_company(KNOWN, "Shop")
    assert caught.value.message == (
        'There is no company "Shop" in this environment. It has "CRONUS", "My Shop", "Other".'
    )


def test_two_companies_of_one_name_are_not_guessed_at():
    with pytest.raises(
        ConfigurationError, match=r'"same name" is the name of 2 companies: My Shop \(2\) and Other \(3\)'
    ):
        match_company(KNOWN, "same name")


def test_a_name_goes_before_a_display_name():
    display = Company("9", "X", "Other")
    assert match_company([display, OTHER], "Other") is OTHER


def test_many_companies_are_not_all_listed():
    many = [Company(str(number), f"C{number}", "") for number in range(300)]
    with pytest.raises(ConfigurationError, match='"C19" and 280 more'):
        match_company(many, "x")


def test_an_environment_without_companies_says_so():
    with pytest.raises(ConfigurationError, match="none that this sign-in may read"):
        match_company([], "x")


INC = Company("4", "CRONUS USA, Inc.", "")
USA = Company("5", "CRONUS USA", "")
MANY = [CRONUS, SHOP, OTHER, INC, USA]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["other", "cronus"], [CRONUS, OTHER]),
        (["other, cronus"], [CRONUS, OTHER]),
        (["other,other", "3"], [OTHER]),
        (["cronus usa, inc."], [INC]),
        (["My Shop,CRONUS USA, Inc.,3"], [SHOP, OTHER, INC]),
        (["CRONUS USA, Inc., My Shop"], [SHOP, INC]),
        (["Cronus International", CRONUS.id], [CRONUS]),
        (["CRONUS USA,other"], [OTHER, USA]),
        (["other,", ""], [OTHER]),
        ([], []),
    ],
)
def test_texts_name_companies_between_commas_that_names_may_hold_too(texts, expected):
    assert match_companies(MANY, texts) == expected


def test_every_text_that_names_no_one_company_is_said_at_once():
    with pytest.raises(ConfigurationError) as caught:
        match_companies(MANY, ["Shop, other", "same name", "Nobody"])
    assert caught.value.problems == (
        'There is no company "Shop" in this environment.',
        '"same name" is the name of 2 companies: My Shop (2) and Other (3). Give the id of the one you mean.',
        'There is no company "Nobody" in this environment.',
    )
    assert caught.value.message == (
        f'{" ".join(caught.value.problems)} It has "CRONUS", "My Shop", "Other", "CRONUS USA, Inc.", "CRONUS USA".'
    )


@pytest.mark.parametrize("text", ["other, Nobody", "Inc.", "CRONUS USA, Ltd.", ",", " , "])
def test_a_text_with_a_piece_that_is_no_companys_name_is_an_error(text):
    with pytest.raises(ConfigurationError, match="There is no company"):
        match_companies(MANY, [text])


def test_two_companies_of_one_name_with_a_comma_are_not_taken_for_its_pieces():
    twins = [Company("6", "A", ""), Company("7", "B", ""), Company("8", "X", "A,B"), Company("9", "Y", "A,B")]
    with pytest.raises(ConfigurationError, match='"A,B" is the name of 2 companies'):
        match_companies(twins, ["A,B"])
