"""Payment terms."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Payment Terms E2E"


@pytest.mark.theirs("TestVerifyIDandLastDateModified")
def test_a_payment_term_has_an_id_and_a_stamp(api):
    created = api.post("paymentTerms", {"code": "NET7"})
    read = api.get(f"paymentTerms({created['id']})")
    assert read["code"] == "NET7"
    assert read["lastModifiedDateTime"] > "2026"


@pytest.mark.theirs("TestGetPaymentTerms")
def test_payment_terms_are_listed_with_their_ids(api):
    created = [api.post("paymentTerms", {"code": code})["id"] for code in ("NET7", "NET9")]
    listed = {row["code"]: row["id"] for row in api.rows("paymentTerms")}
    assert [listed["NET7"], listed["NET9"]] == created
