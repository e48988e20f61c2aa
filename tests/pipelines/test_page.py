"""The emulator's page in a real browser: what a person sees, does with the keyboard, and cannot be tricked by."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import requests
from pipelines.browser import Browser, executable, start_browser

from dynamics_bc_emulator.driver import COMPANY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynamics_bc_emulator.driver import BusinessCentral

PROGRAM = executable()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="no Chromium here; on Debian: apt-get install chromium"),
]
SECTIONS = ("data", "requests", "faults", "mails", "clock", "switches", "connect")
MARKUP = "<img src=x onerror=\"document.title='tricked'\"><b>bold</b>"


@pytest.fixture(scope="module")
def browser_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    assert PROGRAM
    browser = start_browser(PROGRAM, tmp_path_factory.mktemp("profile"))
    yield browser
    browser.stop()


@pytest.fixture
def browser(browser_process: Browser) -> Iterator[Browser]:
    """The browser; a page whose script fails, or that asks another address, fails the test."""
    browser_process.errors.clear()
    browser_process.asked.clear()
    yield browser_process
    browser_process.show("about:blank")
    assert browser_process.errors == []


@pytest.fixture
def page(browser: Browser, business_central: BusinessCentral) -> Browser:
    browser.show(business_central.url)
    browser.wait_for("document.querySelectorAll('#table tbody tr').length")
    return browser


def text(page: Browser, selector: str) -> str:
    return str(page.evaluate(f"document.querySelector({selector!r}).innerText"))


def section(page: Browser, name: str) -> None:
    page.evaluate(f"location.hash = '#{name}'")
    page.wait_for(f"!document.getElementById('{name}-section').hidden")


def test_companies_sets_with_counts_and_rows_are_shown(page: Browser, business_central: BusinessCentral) -> None:
    assert page.evaluate("[...document.querySelectorAll('#company option')].map(one => one.text)") == [
        COMPANY, "Contoso Services Ltd.", "(environment)",
    ]  # fmt: skip
    counts = dict(
        page.evaluate(
            "[...document.querySelectorAll('#sets button')].map(one => [...one.children].map(c => c.innerText))"
        )
    )
    for name in ("customers", "items", "generalLedgerEntries"):
        assert counts[name] == f"{len(business_central.control.rows(COMPANY, name)):,}"
    assert "Adatum Corporation" in text(page, "#table")
    page.evaluate("document.querySelector('[data-set=generalLedgerEntries]').click()")
    page.wait_for("document.getElementById('place').innerText.startsWith('1\u201350 of ')")
    page.evaluate("document.getElementById('next').click()")
    page.wait_for("document.getElementById('place').innerText.startsWith('51\u2013100 of ')")


def test_the_page_asks_no_other_address(page: Browser, business_central: BusinessCentral) -> None:
    assert page.asked
    assert {url for url in page.asked if not url.startswith((business_central.url, "data:", "about:"))} == set()


def test_markup_in_a_row_or_a_request_stays_text(page: Browser, business_central: BusinessCentral) -> None:
    customer = business_central.control.rows(COMPANY, "customers")[0]
    changed = {"displayName": MARKUP}
    business_central.control.edit(company=COMPANY, entity_set="customers", id=customer["id"], set=changed)
    business_central.control.faults([{"path": "<b>bold</b>", "status": 500}])
    requests.get(
        f"{business_central.api}/companies", params={"$filter": MARKUP}, headers={"x-mark": MARKUP}, timeout=60
    )
    page.evaluate("document.querySelector('[data-set=customers]').click()")
    page.wait_for("document.getElementById('table').innerText.includes('<b>bold</b>')")
    page.wait_for("document.getElementById('log').textContent.includes('onerror')")
    page.evaluate("document.querySelector('#log details').open = true")
    page.wait_for("document.querySelector('#log pre')?.textContent.includes('x-mark')")
    page.wait_for("document.getElementById('fault-list').textContent.includes('<b>bold</b>')")
    assert page.evaluate("document.title") == "Business Central emulator"
    assert page.evaluate("document.querySelectorAll('main img, main b').length") == 0


def test_a_request_appears_by_itself_and_a_reset_empties_the_log(
    page: Browser, business_central: BusinessCentral
) -> None:
    section(page, "requests")
    requests.get(f"{business_central.company_url()}/items?$top=1", headers=business_central.headers(), timeout=60)
    page.wait_for("document.querySelectorAll('#log li').length === 2")
    assert "$top=1" in text(page, "#log li:first-child .address")
    assert "200" in text(page, "#log li:first-child summary")
    business_central.control.reset()
    page.wait_for("document.querySelectorAll('#log li').length === 0")


def test_a_fault_is_ordered_with_the_keyboard_alone(page: Browser, business_central: BusinessCentral) -> None:
    page.evaluate("document.querySelector('nav a[href=\"#faults\"]').focus()")
    page.press("Enter", 13, "\r")
    page.wait_for("!document.getElementById('faults-section').hidden")
    for _ in range(40):
        page.press("Tab", 9)
        if page.evaluate("document.activeElement.name") == "path":
            break
    page.call("Input.insertText", text="/vendors$")
    page.press("Enter", 13, "\r")
    page.wait_for("document.getElementById('fault-list').innerText.includes('/vendors$')")
    asked = [
        requests.get(f"{business_central.company_url()}/vendors", headers=business_central.headers(), timeout=60)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in asked] == [503, 200]
    page.wait_for("document.querySelector('#fault-list tbody td').innerText === '1'")
    page.evaluate("document.getElementById('clear-faults').click()")
    page.wait_for("document.getElementById('fault-list').innerText === ''")
    assert business_central.control.call("GET", "faults") == []


def test_a_mail_that_would_have_been_sent_is_shown(page: Browser, business_central: BusinessCentral) -> None:
    headers, company = business_central.headers(), business_central.company_url()
    invoices = business_central.control.rows(COMPANY, "salesInvoices")
    draft = next(row for row in invoices if row["status"] == "Draft")
    send = f"{company}/salesInvoices({draft['id']})/Microsoft.NAV.send"
    assert requests.post(send, headers=headers, timeout=60).status_code == 204
    section(page, "mails")
    page.wait_for("document.querySelectorAll('#mail-list tbody tr').length === 1")
    (mail,) = business_central.control.mails()
    assert mail["to"] in text(page, "#mail-list")


def test_a_wrong_fault_is_told_with_the_emulators_sentence(page: Browser) -> None:
    section(page, "faults")
    page.evaluate("document.querySelector('[name=path]').value = '('; document.getElementById('fault').requestSubmit()")
    page.wait_for("document.getElementById('trouble').innerText.includes('is not a regular expression')")
    # The browser, too, tells of a refusal.
    page.errors.clear()


def test_clock_switches_and_snapshots_can_be_handled(page: Browser, business_central: BusinessCentral) -> None:
    control = business_central.control
    section(page, "clock")
    day = control.call("GET", "clock")["now"][:10]
    page.evaluate("document.getElementById('freeze').click()")
    page.wait_for("!document.getElementById('frozen').hidden")
    page.evaluate("document.querySelector('[data-advance=P1D]').click()")
    page.wait_for(f"!document.getElementById('now').innerText.startsWith('{day}')")
    assert control.call("GET", "clock")["frozen"] is True
    assert control.call("GET", "clock")["now"][:10] > day
    page.evaluate("document.getElementById('snapshot').click()")
    page.wait_for("document.querySelectorAll('#snapshots li').length === 1")
    section(page, "switches")
    page.evaluate("document.getElementById('switch-count_batch_operations').click()")
    page.wait_for("document.getElementById('done').innerText === 'count_batch_operations is true.'")
    assert control.switches()["count_batch_operations"] is True
    page.evaluate("document.querySelector('#snapshots button').click()")
    page.wait_for("!document.getElementById('switch-count_batch_operations').checked")
    assert control.switches()["count_batch_operations"] is False


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_section_fits_a_telephone(browser: Browser, business_central: BusinessCentral, scheme: str) -> None:
    requests.get(f"{business_central.company_url()}/items?$top=1", headers=business_central.headers(), timeout=60)
    browser.show(business_central.url, width=380, height=800, scheme=scheme)
    browser.wait_for(
        "document.querySelectorAll('#table tbody tr').length && document.querySelectorAll('#log li').length"
    )
    grounds = set()
    for name in SECTIONS:
        section(browser, name)
        assert browser.evaluate("document.documentElement.scrollWidth") <= 380, name
        grounds.add(browser.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 1
    assert (grounds == {"rgb(18, 22, 28)"}) == (scheme == "dark")


def test_everything_that_can_be_used_has_a_name(page: Browser) -> None:
    nameless = """
        [...document.querySelectorAll('input, select, button, a, [tabindex="0"]')].filter((one) => !(
            one.innerText?.trim() || one.labels?.length || one.getAttribute('aria-label')
            || one.getAttribute('aria-labelledby') || one.textContent.trim())).map((one) => one.outerHTML)
    """
    assert page.evaluate(nameless) == []


def test_an_emulator_that_has_ended_is_told_and_one_that_comes_back_is_shown(browser: Browser) -> None:
    from dynamics_bc_emulator.driver import start_business_central

    first = start_business_central("--companies", "1")
    port = first.url.rpartition(":")[2]
    browser.show(first.url)
    browser.wait_for("document.querySelectorAll('#table tbody tr').length")
    first.stop()
    browser.wait_for("document.getElementById('trouble').innerText.startsWith('The emulator does not answer')")
    browser.errors.clear()
    second = start_business_central("--companies", "1", "--port", port)
    try:
        browser.wait_for("document.getElementById('trouble').hidden")
        time.sleep(0.1)
        browser.errors.clear()
    finally:
        browser.show("about:blank")
        second.stop()
