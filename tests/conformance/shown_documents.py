"""What Microsoft's tests show of documents that the API only shows: blanket orders, returns, archives and others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.plain_http import ZERO

if TYPE_CHECKING:
    from conformance.plain_http import Api


def planted(api: Api, headers: str) -> dict[str, Any]:
    """A document of a kind that no request creates."""
    return api.plant(headers, number="SHOWN-1")


def it_is_listed(api: Api, headers: str) -> None:
    document = planted(api, headers)
    assert document["id"] in {row["id"] for row in api.rows(headers)}


def it_is_read_by_its_id(api: Api, headers: str) -> None:
    document = planted(api, headers)
    read = api.get(f"{headers}({document['id']})")
    assert (read["id"], read["number"]) == (document["id"], "SHOWN-1")
    assert read["id"] != ZERO


def it_is_read_with_its_dimensions(api: Api, headers: str) -> None:
    value = api.rows("dimensions", filter="code eq 'AREA'", expand="dimensionValues")[0]["dimensionValues"][0]
    document = api.plant(headers, number="SHOWN-1", _dimensions={"AREA": value["code"]})
    (line,) = api.get(f"{headers}({document['id']})", expand="dimensionSetLines")["dimensionSetLines"]
    assert (line["parentId"], line["code"], line["valueCode"]) == (document["id"], "AREA", value["code"])


def it_is_read_with_its_attachments(api: Api, headers: str) -> None:
    _expand_attachments(api, headers, "attachments")


def it_is_read_with_its_document_attachments(api: Api, headers: str) -> None:
    _expand_attachments(api, headers, "documentAttachments")


def _expand_attachments(api: Api, headers: str, navigation: str) -> None:
    document = planted(api, headers)
    path = f"{headers}({document['id']})"
    attached = api.post(f"{path}/{navigation}", {"fileName": "scan.txt"})
    assert [row["id"] for row in api.get(path, expand=navigation)[navigation]] == [attached["id"]]


def it_is_read_with_its_pdf(api: Api, headers: str) -> None:
    path = f"{headers}({planted(api, headers)['id']})"
    pdf = api.get(path, expand="pdfDocument")["pdfDocument"]
    assert path.endswith(f"({pdf['parentId']})")
    assert api.content(f"{path}/pdfDocument/pdfDocumentContent").startswith(b"%PDF")


def it_is_read_with_its_lines(api: Api, headers: str) -> None:
    lines = f"{headers.removesuffix('s')}Lines"
    documents = api.rows(headers, expand=lines)
    assert any(document[lines] for document in documents)
    assert all(line["documentNumber"] == document["number"] for document in documents for line in document[lines])
