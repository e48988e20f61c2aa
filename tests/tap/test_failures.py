"""What is said of what could not be read, and which refusals are of a whole company?"""

from __future__ import annotations

import pytest

from dynamics_bc_client.companies import Company
from dynamics_bc_client.errors import CompanyNotFound, Forbidden, SignInError, Transient, UnexpectedAnswer
from tap_dynamics_bc.company_access import CompanyAccess
from tap_dynamics_bc.failures import Failures, PartsFailed

CRONUS = Company("AAAA", "CRONUS", "")
OTHER = Company("bbbb", "Contoso", "")
REFUSED = Forbidden("No.", status=403, scope="stream")


class Probed:
    """A client whose probes end in an error, or in a page, and whose environment may not list its companies."""

    def __init__(self, error=None):
        self.probes = []
        self.absent = None
        self._error = error

    def absence(self):
        return self.absent

    def pages(self, query, *, page_size):
        self.probes.append(query.path)
        if self._error is not None:
            raise self._error
        yield page_size


def access(error=None, *, bookmarked=(), named=False):
    return CompanyAccess(Probed(error), bookmarked=bookmarked, named=named)


def test_nothing_that_failed_is_nothing_to_say():
    Failures().check(excusable=True)
    Failures().check(excusable=False)


def test_three_failures_are_named_and_the_others_counted():
    failures = Failures()
    for number in range(5):
        failures.note(f"stream{number}", "refused")
    with pytest.raises(PartsFailed, match=r"not stream0 \(refused\); .*stream2 \(refused\); and 2 more") as raised:
        failures.check(excusable=True)
    assert raised.value.exit_code == 1


def test_what_was_excused_counts_only_when_nothing_else_was_read():
    failures = Failures()
    failures.excuse('the company "CRONUS"', "refused")
    failures.check(excusable=True)
    with pytest.raises(PartsFailed, match="CRONUS"):
        failures.check(excusable=False)


def test_a_run_that_read_nothing_does_not_speak_of_the_rest():
    failures = Failures()
    failures.note("customers", "refused")
    with pytest.raises(PartsFailed, match=r"^Nothing was read: customers \(refused\)\."):
        failures.check(excusable=True, anything_read=False)


@pytest.mark.parametrize("probed", [REFUSED, CompanyNotFound("Gone.", status=404)])
def test_a_company_is_refused_when_its_own_information_is_too(probed):
    asked = access(probed)
    assert asked.is_refused(CRONUS, REFUSED)
    assert not asked.any_readable


@pytest.mark.parametrize(
    "probed", [None, Transient("Busy.", status=503, scope="stream"), UnexpectedAnswer("No page.", scope="stream")]
)
def test_a_company_is_not_refused_when_a_probe_says_nothing_against_it(probed):
    assert not access(probed).is_refused(CRONUS, REFUSED)


@pytest.mark.parametrize("absent", [REFUSED, Transient("Busy.", status=503, scope="run")])
def test_a_company_is_not_refused_while_the_environment_does_not_list_its_companies(absent):
    asked = access(REFUSED)
    asked._client.absent = absent
    assert not asked.is_refused(CRONUS, REFUSED)
    assert not asked.any_readable


def test_a_company_of_which_something_was_read_is_not_probed():
    asked = access(REFUSED)
    asked.saw(CRONUS)
    assert not asked.is_refused(CRONUS, REFUSED)
    assert asked._client.probes == []
    assert asked.any_readable


def test_a_failure_that_is_no_refusal_is_of_its_set():
    asked = access(REFUSED)
    assert not asked.is_refused(CRONUS, UnexpectedAnswer("No page."))
    assert asked._client.probes == []


def test_an_error_of_the_whole_company_needs_no_probe():
    asked = access()
    assert asked.is_refused(CRONUS, CompanyNotFound("Gone.", status=404, scope="company"))
    assert asked._client.probes == []


def test_a_probe_that_ends_the_run_ends_it():
    with pytest.raises(SignInError):
        access(SignInError("Expired.")).is_refused(CRONUS, REFUSED)


def test_a_company_is_expected_that_was_named_seen_or_bookmarked():
    assert access(named=True).is_expected(CRONUS)
    assert access(bookmarked=["aaaa"]).is_expected(CRONUS)
    assert not access(bookmarked=["aaaa"]).is_expected(OTHER)
    seen = access()
    assert not seen.is_expected(CRONUS)
    seen.saw(CRONUS)
    assert seen.is_expected(CRONUS)


def test_bookmarked_companies_that_are_not_shown_are_missing_unless_the_others_were_named():
    assert access(bookmarked=["aaaa", "cccc"]).missing([CRONUS, OTHER]) == ["cccc"]
    assert access(bookmarked=["cccc"], named=True).missing([CRONUS]) == []


def test_a_company_that_was_given_up_is_closed_and_the_environment_never_is():
    asked = access()
    asked.close(CRONUS)
    assert asked.is_closed(CRONUS)
    assert not asked.is_closed(OTHER)
    assert not asked.is_closed(None)
