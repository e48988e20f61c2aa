"""Of each entity set of both releases: a kind that writes it, or a sentence that says why nobody can and what to do."""

from __future__ import annotations

from functools import cache

import pytest
from emulator.in_process import open_desk

from dynamics_bc_client.odata.metadata import parse_metadata
from target_dynamics_bc.kinds.published import Published
from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.kinds.unwritten import UNWRITTEN, why_not
from tests.target.at_the_desk import Target

RELEASES = (28, 29)


@cache
def metadata(release):
    return parse_metadata(open_desk(release).ask("GET", "/$metadata").body)


class Tenant:
    """Publishes the standard API alone."""

    def __init__(self, release):
        self._release = release

    def metadata(self, route=None):
        return metadata(self._release)

    def rows(self, query):
        return []


def of_stream(release, name):
    kinds = standard_kinds().with_room()
    return kinds.of_stream(name) or Published(Tenant(release), str, kinds).kind(name)


SETS = [(release, name) for release in RELEASES for name in sorted(metadata(release).entity_sets)]


@pytest.mark.parametrize(("release", "name"), SETS)
def test_each_set_is_written_or_says_why_not_and_what_to_do(release, name):
    found = of_stream(release, name)
    if isinstance(found, str):
        assert found.startswith(f"{name} is not written: ")
        assert (why_not(name, is_writable=True) or why_not(name, is_writable=False)) in found
        assert len(found) > len(f"{name} is not written: ") + 15
    else:
        assert found.facts.insertable or found.facts.updatable


def test_the_taps_list_of_environments_says_why_it_is_not_written():
    assert of_stream(28, "environments") == "environments is not written: environments are made in the admin center."


def test_no_row_of_the_table_is_for_nothing():
    for row in UNWRITTEN:
        assert any(why_not(name, is_writable=False) == row.why for _, name in SETS), row


def test_a_record_of_such_a_stream_is_rejected_with_the_sentence(tmp_path):
    target = Target(tmp_path)
    for stream in ("attachments", "pictures", "applyVendorEntries", "generalLedgerEntries", "documentAttachments"):
        (outcome,) = target.write(stream, {"id": "1"})
        (error,) = outcome["errors"]
        assert error["code"] == "unknown_stream"
        assert why_not(stream, is_writable=False) in error["message"]


def test_lines_and_dimensions_without_any_document_are_rejected(tmp_path):
    target = Target(tmp_path)
    line = {"documentId": target.rows("salesInvoices")[0]["id"], "lineType": "Comment", "description": "Late"}
    dimension = {"parentId": line["documentId"], "parentType": "Sales_x0020_Invoice", "code": "AREA", "valueCode": "40"}
    for stream, record in (("salesInvoiceLines", line), ("dimensionSetLines", dimension)):
        (outcome,) = target.write(stream, record)
        assert outcome["outcome"] == "rejected"
        why = why_not(stream, is_writable=True)
        assert outcome["errors"][0]["message"] == f"{stream} is not written: {why}."


def test_contacts_of_customers_are_changed_and_never_made(tmp_path):
    target = Target(tmp_path)
    row = target.rows("customerContacts")[0]
    record = {"id": row["id"], "email": "new@contoso.com"}
    assert target.write("customerContacts", record)[0]["outcome"] == "updated"
    assert target.row("customerContacts", id=row["id"])["email"] == "new@contoso.com"
    (by_mail,) = target.write("customerContacts", {"email": "new@contoso.com", "firstName": "Ann", "externalId": "C"},
                              match_keys={"customerContacts": ["email"]})  # fmt: skip
    assert by_mail["outcome"] == "updated"
    (outcome,) = target.write("customerContacts", {"externalId": "C-1", "email": "x@contoso.com"})
    assert outcome["errors"][0]["code"] == "not_insertable"
