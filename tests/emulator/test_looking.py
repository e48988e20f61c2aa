"""What the page and tests look at: sets with counts, some of the rows, ordered faults; and who may not look."""

from __future__ import annotations

import re
from importlib.resources import files
from itertools import product
from typing import TYPE_CHECKING

import pytest
import requests

from dynamics_bc_emulator.driver import COMPANY, ControlError

if TYPE_CHECKING:
    from dynamics_bc_emulator.driver import BusinessCentral

PAGE = files("dynamics_bc_emulator").joinpath("http/page")


def test_every_set_is_listed_with_the_number_of_its_rows(business_central: BusinessCentral) -> None:
    control = business_central.control
    company = {one["name"]: one["rows"] for one in control.call("GET", "sets", query={"company": COMPANY})}
    for name in ("customers", "journals", "attachments", "salesInvoiceLines"):
        assert company[name] == len(control.rows(COMPANY, name)), name
    assert company["dimensionSetLines"] is company["trialBalances"] is None
    environment = {one["name"]: one["rows"] for one in control.call("GET", "sets")}
    assert environment["companies"] == 2
    assert not environment.keys() & company.keys()


@pytest.mark.parametrize("entity_set", ["items", "trialBalances", "dimensionSetLines", "_partyPostingGroups"])
def test_some_rows_of_a_set_are_the_same_as_of_all(business_central: BusinessCentral, entity_set: str) -> None:
    def some(**window: int) -> list[dict[str, object]]:
        query = {"company": COMPANY, "entity_set": entity_set, **window}
        return business_central.control.call("GET", "rows", query=query)

    pages = [some(skip=skip, top=3) for skip in (0, 3)]
    everything = business_central.control.rows(COMPANY, entity_set)
    if entity_set != "trialBalances":
        assert pages[0] + pages[1] == everything[:6]
    assert all(row in everything for row in pages[0] + pages[1])
    with pytest.raises(ControlError, match="top is a whole number, not '-1'"):
        some(top=-1)


def test_faults_are_told_with_what_they_have_befallen(business_central: BusinessCentral) -> None:
    control = business_central.control
    control.faults([{"method": "get", "path": "/vendors$", "status": 503, "times": 2}])
    requests.get(f"{business_central.company_url()}/vendors", headers=business_central.headers(), timeout=60)
    (fault,) = control.call("GET", "faults")
    assert fault == {"method": "get", "path": "/vendors$", "status": 503, "times": 2, "befallen": 1}


def test_the_last_requests_can_be_asked_for(business_central: BusinessCentral) -> None:
    for _ in range(3):
        business_central.token()
    assert [one["n"] for one in business_central.control.call("GET", "requests", query={"last": 2})] == [2, 3]


def test_it_says_how_to_sign_in_and_where_the_data_is(business_central: BusinessCentral) -> None:
    about = business_central.control.call("GET", "about")
    assert about["routes"][0] == business_central.api
    assert about["client_secret"] == business_central.client_secret
    assert about["token_url"].startswith(business_central.url)
    assert about["version"]


@pytest.mark.parametrize("path", ["/", "/_emulator/rows?entity_set=companies", "/_emulator/page.js"])
def test_a_page_of_another_site_is_refused(business_central: BusinessCentral, path: str) -> None:
    for headers in ({"Origin": "http://shop.example"}, {"Host": "shop.example"}, {"Origin": "null"}):
        answer = requests.get(f"{business_central.url}{path}", headers=headers, timeout=60)
        assert answer.status_code == 403, headers
        assert "no other page of a browser" in answer.text
    for headers in ({"Origin": business_central.url}, {"Host": f"localhost:{business_central.url.rpartition(':')[2]}"}):
        assert requests.get(f"{business_central.url}{path}", headers=headers, timeout=60).status_code == 200


def test_the_page_may_run_nothing_but_its_own_files(business_central: BusinessCentral) -> None:
    answer = requests.get(business_central.url, timeout=60)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'")
    assert "unsafe" not in policy
    named = re.findall(r'(?:href|src)="([^#"]+)"', answer.text)
    assert set(named) == {"data:,", "/_emulator/page.css", "/_emulator/page.js"}
    script = PAGE.joinpath("page.js").read_text()
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|https?://(?!api\.businesscentral)", script
    )


def tokens(scheme: str) -> dict[str, str]:
    """The colours of the page by name."""
    light, dark = re.findall(r":root \{(.*?)\}", PAGE.joinpath("page.css").read_text(), re.DOTALL)
    return dict(re.findall(r"--([\w-]+): (#\w{6})", light if scheme == "light" else dark))


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("front", "ground"),
    [
        *product(("text", "quiet", "accent", "good", "bad", "odd"), ("ground", "sheet")),
        ("on-accent", "accent"), ("accent", "chosen"), ("text", "chosen"), ("bad", "bad-ground"),
    ],
)  # fmt: skip
def test_text_can_be_read_in_light_and_in_dark(scheme: str, front: str, ground: str) -> None:
    known = tokens(scheme)
    dark, light = sorted((luminance(known[front]), luminance(known[ground])))
    assert (light + 0.05) / (dark + 0.05) >= 4.5
