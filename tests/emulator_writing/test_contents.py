"""The bytes behind stream properties: pictures and attachments."""

from __future__ import annotations

import pytest

PNG = b"\x89PNG\r\n\x1a\n not really"


def put(api, method, path, content, **headers):
    url = f"{api.root}/companies({api.company})/{path}"
    sent = {"If-Match": "*", "Content-Type": "image/png", **headers}
    return api.session.request(method, url, data=content, headers=sent, timeout=60)


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_picture_is_set_replaced_and_cleared(api, method):
    vendor = f"vendors({api.id('vendors', number='10000')})"
    content = f"{vendor}/picture/pictureContent"
    assert api.call("GET", content).status_code == 204
    for bytes_ in (PNG, PNG * 2):
        assert put(api, method, content, bytes_).status_code == 204
        assert api.call("GET", content).content == bytes_
    api.remove(f"{vendor}/picture")
    assert api.call("GET", content).status_code == 204


def test_a_picture_that_is_set_changes_its_parent(api):
    vendor = f"vendors({api.id('vendors', number='10000')})"
    before = api.read(vendor)["lastModifiedDateTime"]
    assert put(api, "PATCH", f"{vendor}/picture/pictureContent", PNG).status_code == 204
    assert api.read(vendor)["lastModifiedDateTime"] > before


def test_content_needs_a_token_too(api):
    content = f"vendors({api.id('vendors', number='10000')})/picture/pictureContent"
    answer = put(api, "PATCH", content, PNG, **{"If-Match": ""})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest_InvalidToken")


def test_an_attachment_is_created_then_filled(api, bill):
    body = {"fileName": "scan.png", "parentType": "Purchase_x0020_Invoice", "parentId": bill["id"]}
    created = api.create("attachments", body)
    assert put(api, "PATCH", f"attachments({created['id']})/attachmentContent", PNG).status_code == 204
    found = api.read(f"purchaseInvoices({bill['id']})", expand="attachments")["attachments"]
    assert [(row["fileName"], row["byteSize"]) for row in found] == [("scan.png", len(PNG))]
    assert api.call("GET", f"attachments({created['id']})/attachmentContent").content == PNG
