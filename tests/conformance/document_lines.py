"""What Microsoft's tests of a document's lines show, for any kind of document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.document_headers import assert_totals
from conformance.documents import (
    allow_discount,
    item_line,
    lines_of,
    lines_path,
    new_document,
    new_item,
    path_of,
    with_lines,
)
from conformance.plain_http import ZERO

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.documents import Kind
    from conformance.plain_http import Api

DIALOG = (400, "Application_DialogException")
STRANGER = "ffffffff-ffff-4fff-8fff-ffffffffffff"


def reading_without_a_parent_is_refused(api: Api, kind: Kind) -> None:
    own = "an id" if "CreditMemo" in kind.lines else "an Id"
    message = f"You must specify {own} or a Document Id to get the lines."
    assert api.refused("GET", kind.lines) == (*DIALOG, message)


def a_line_is_read_by_its_id(api: Api, kind: Kind) -> None:
    header = with_lines(api, kind)
    first = lines_of(api, kind, header)[0]
    line = api.get(f"{kind.lines}({first['id']})")
    assert (line["documentId"], line["sequence"]) == (header["id"], first["sequence"])


def lines_are_read_through_their_document(api: Api, kind: Kind) -> None:
    header = with_lines(api, kind)
    assert_both_lines(header, api.rows(lines_path(kind, header)))


def lines_are_read_by_their_documents_id(api: Api, kind: Kind) -> None:
    header = with_lines(api, kind)
    assert_both_lines(header, api.rows(kind.lines, filter=f"documentId eq {header['id']}"))


def lines_of_a_posted_one_are_read(api: Api, kind: Kind) -> None:
    header = posted_with_lines(api, kind)
    assert_both_lines(header, api.rows(lines_path(kind, header)))


def posted_with_lines(api: Api, kind: Kind) -> dict[str, Any]:
    header = with_lines(api, kind)
    api.act(path_of(kind, header), "post")
    return header


def assert_both_lines(header: dict[str, Any], lines: Iterable[dict[str, Any]]) -> None:
    first, last = sorted(lines, key=lambda line: line["sequence"])
    assert (first["sequence"], last["sequence"]) == (10_000, 20_000)
    assert first["documentId"] == last["documentId"] == header["id"]
    assert len({ZERO, first["itemId"], last["itemId"]}) == 3


def a_line_is_added(api: Api, kind: Kind) -> None:
    header = with_lines(api, kind)
    answer = api.post(lines_path(kind, header), {"itemId": new_item(api, "LAMP")["id"], "quantity": 7})
    (kept,) = (line for line in lines_of(api, kind, header) if line["sequence"] == answer["sequence"])
    assert (kept["id"], kept["quantity"]) == (answer["id"], 7)


def a_line_keeps_the_place_it_asks_for(api: Api, kind: Kind) -> None:
    header = with_lines(api, kind)
    body = {"itemId": new_item(api, "LAMP")["id"], "quantity": 7, "sequence": 500}
    assert api.post(lines_path(kind, header), body)["sequence"] == 500
    assert [line["sequence"] for line in lines_of(api, kind, header)] == [500, 10_000, 20_000]


def new_unit(api: Api, code: str) -> dict[str, Any]:
    return api.post("unitsOfMeasure", {"code": code, "displayName": code.title()})


def a_line_takes_its_unit_by_id_or_by_code(api: Api, kind: Kind) -> None:
    header = with_lines(api, kind)
    unit = new_unit(api, "DOZEN")
    item = new_item(api, "LAMP", baseUnitOfMeasureCode="DOZEN")
    for sent in ({"unitOfMeasureId": unit["id"]}, {"unitOfMeasureCode": "DOZEN"}):
        line = api.post(lines_path(kind, header), item_line(kind, item, **sent))
        assert (line["unitOfMeasureId"], line["unitOfMeasureCode"]) == (unit["id"], "DOZEN")


def a_lines_unit_is_changed_by_id_or_by_code(api: Api, kind: Kind) -> None:
    for sent, code in (("unitOfMeasureId", "DOZEN"), ("unitOfMeasureCode", "GROSS")):
        unit = new_unit(api, code)
        item = new_item(api, f"LAMP {code}")
        header = new_document(api, kind, [item_line(kind, item), item_line(kind, item)])
        api.patch(f"items({item['id']})", {"baseUnitOfMeasureCode": code})
        first = lines_of(api, kind, header)[0]
        value = unit["id"] if sent.endswith("Id") else code
        line = api.patch(lines_path(kind, header, first), {sent: value})
        assert (line["unitOfMeasureId"], line["unitOfMeasureCode"]) == (unit["id"], code)


def a_lines_quantity_is_changed(api: Api, kind: Kind) -> None:
    header = with_lines(api, kind)
    first = lines_of(api, kind, header)[0]
    assert api.patch(lines_path(kind, header, first), {"quantity": 4})["quantity"] == 4
    assert [line["quantity"] for line in lines_of(api, kind, header)] == [4, 2]


def a_line_stays_in_its_place_and_its_document(api: Api, kind: Kind) -> None:
    header = with_lines(api, kind)
    first = lines_of(api, kind, header)[0]
    path = lines_path(kind, header, first)
    sequence = '"sequence"' if kind.lines == "salesInvoiceLines" else "sequence"
    assert api.refused("PATCH", path, {"sequence": first["sequence"] + 1}) == (
        *DIALOG,
        f"The value for {sequence} cannot be modified. Delete and insert the line again.",
    )
    assert api.refused("PATCH", path, {"documentId": STRANGER}) == (
        *DIALOG,
        'The value for "documentId" cannot be modified.',
    )
    assert lines_of(api, kind, header)[0] == first


def a_line_is_deleted(api: Api, kind: Kind) -> None:
    header = with_lines(api, kind)
    first, second = lines_of(api, kind, header)
    api.delete(lines_path(kind, header, first))
    assert [line["id"] for line in lines_of(api, kind, header)] == [second["id"]]


def a_line_of_a_posted_one_stays(api: Api, kind: Kind) -> None:
    header = posted_with_lines(api, kind)
    lines = lines_of(api, kind, header)
    noun = "credit memo" if "CreditMemo" in kind.headers else "invoice"
    refusal = api.refused("DELETE", lines_path(kind, header, lines[0]))
    assert refusal == (*DIALOG, f"The {noun} has been posted and can no longer be modified.")
    assert lines_of(api, kind, header) == lines


def a_line_that_repeats_the_item_is_like_one_that_names_it(api: Api, kind: Kind) -> None:
    """Theirs fills in a client page by the item's number and the quantity alone."""
    item = new_item(api)
    by_id = {"itemId": item["id"], "quantity": 7, kind.price: item["unitPrice"]}
    by_number = {"lineType": "Item", "lineObjectNumber": item["number"], "quantity": 7}
    differ = {"@odata.context", "@odata.etag", "id", "documentId"}
    one, other = (
        {
            name: value
            for name, value in api.post(lines_path(kind, new_document(api, kind)), body).items()
            if name not in differ
        }
        for body in (by_id, by_number)
    )
    assert one == other
    assert (one["lineType"], one[kind.price]) == ("Item", item["unitPrice"])


def _with_two_lines_of_one_item(api: Api, kind: Kind) -> tuple[dict[str, Any], dict[str, Any]]:
    """A draft of 2000, and its item, which costs 500."""
    item = new_item(api, price=500)
    return new_document(api, kind, [item_line(kind, item), item_line(kind, item)]), item


def a_new_line_reaches_the_tables_discount(api: Api, kind: Kind) -> None:
    header, item = _with_two_lines_of_one_item(api, kind)
    allow_discount(api, kind, 15, minimum=2250)
    assert_totals(api, kind, header, 0)
    line = api.post(lines_path(kind, header), item_line(kind, item, 1))
    assert line["itemId"] == item["id"]
    assert_totals(api, kind, header, 375)


def a_larger_line_reaches_the_tables_discount(api: Api, kind: Kind) -> None:
    header, item = _with_two_lines_of_one_item(api, kind)
    allow_discount(api, kind, 15, minimum=2250)
    line = api.patch(lines_path(kind, header, lines_of(api, kind, header)[0]), {"quantity": 4})
    assert line["itemId"] == item["id"]
    assert_totals(api, kind, header, 450)


def without_a_line_a_smaller_discount_is_reached(api: Api, kind: Kind) -> None:
    allow_discount(api, kind, 10)
    allow_discount(api, kind, 40, minimum=1500)
    header, _ = _with_two_lines_of_one_item(api, kind)
    assert_totals(api, kind, header, 800)
    api.delete(lines_path(kind, header, lines_of(api, kind, header)[0]))
    assert_totals(api, kind, header, 100)


def without_a_line_no_discount_is_reached(api: Api, kind: Kind) -> None:
    allow_discount(api, kind, 40, minimum=1500)
    header, _ = _with_two_lines_of_one_item(api, kind)
    assert_totals(api, kind, header, 800)
    api.delete(lines_path(kind, header, lines_of(api, kind, header)[0]))
    assert_totals(api, kind, header, 0)


def _with_a_discount_of_300(api: Api, kind: Kind) -> dict[str, Any]:
    header, _ = _with_two_lines_of_one_item(api, kind)
    api.patch(path_of(kind, header), {"discountAmount": 300})
    assert_totals(api, kind, header, 300)
    return header


def a_new_line_keeps_the_discount_amount(api: Api, kind: Kind) -> None:
    header = _with_a_discount_of_300(api, kind)
    api.post(lines_path(kind, header), item_line(kind, new_item(api, "LAMP"), 5))
    assert_totals(api, kind, header, 300)


def an_emptied_line_takes_its_share_of_a_sales_discount(api: Api, kind: Kind) -> None:
    header = _with_a_discount_of_300(api, kind)
    first = lines_of(api, kind, header)[0]
    # Its share is 150.
    line = api.patch(lines_path(kind, header, first), {"quantity": 0})
    assert line["itemId"] == first["itemId"]
    assert_totals(api, kind, header, 150 if kind.is_sale else 300)


def without_a_line_the_discount_amount_stays(api: Api, kind: Kind) -> None:
    header = _with_a_discount_of_300(api, kind)
    api.delete(lines_path(kind, header, lines_of(api, kind, header)[0]))
    assert_totals(api, kind, header, 300)


def _with_lines_of_every_type(api: Api, kind: Kind) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A draft, and the bodies that its lines were made of. No entity set makes a charge or a resource."""
    card = {"taxGroupCode": "", "generalProductPostingGroupCode": ""}
    api.plant("_itemCharges", number="P-FREIGHT", description="Freight", **card)
    costs = {"baseUnitOfMeasureCode": "HOUR", "unitCost": 40, "unitPrice": 70, "blocked": False}
    api.plant("_resources", number="LIFT", name="Lift", **costs, **card)
    asset = api.rows("fixedAssets", top="1")[0]["number"]
    account = api.row("accounts", number="8210")
    bodies = [
        item_line(kind, new_item(api)),
        {"lineType": "Charge", "lineObjectNumber": "P-FREIGHT", "quantity": 1},
        {"lineType": "Resource", "lineObjectNumber": "LIFT", "quantity": 1},
        {"lineType": "Fixed_x0020_Asset", "lineObjectNumber": asset, "quantity": 1},
        {"lineType": "Comment", "description": "Thank you!"},
        {"accountId": account["id"], "quantity": 1},
    ]
    return new_document(api, kind, bodies), bodies


def lines_of_every_type_are_listed(api: Api, kind: Kind) -> None:
    header, bodies = _with_lines_of_every_type(api, kind)
    lines = api.rows(lines_path(kind, header))
    assert [line["sequence"] for line in lines] == [10_000 * (place + 1) for place in range(len(bodies))]
    types = ["Item", "Charge", "Resource", "Fixed_x0020_Asset", "Comment", "Account"]
    assert [line["lineType"] for line in lines] == types
    assert [(line["itemId"], line["accountId"]) for line in lines] == [
        (body.get("itemId", ZERO), body.get("accountId", ZERO)) for body in bodies
    ]


def a_line_with_a_text_alone_is_a_comment(api: Api, kind: Kind) -> None:
    _add_comment(api, kind, {"description": "test"})


def a_comment_is_kept(api: Api, kind: Kind) -> None:
    _add_comment(api, kind, {"lineType": "Comment", "description": "test"})


def _add_comment(api: Api, kind: Kind, body: dict[str, Any]) -> None:
    header = with_lines(api, kind)
    answer = api.post(lines_path(kind, header), body)
    last = lines_of(api, kind, header)[-1]
    assert (last["id"], last["sequence"]) == (answer["id"], answer["sequence"])
    assert (last["lineType"], last["lineObjectNumber"], last["description"]) == ("Comment", "", "test")
    assert (answer["itemId"], answer["accountId"]) == (ZERO, ZERO)


def an_account_makes_an_item_line_one_for_it(api: Api, kind: Kind) -> None:
    header = with_lines(api, kind)
    account = api.row("accounts", number="8210")
    first = lines_of(api, kind, header)[0]
    api.patch(lines_path(kind, header, first), {"accountId": account["id"]})
    line = lines_of(api, kind, header)[0]
    assert (line["lineType"], line["lineObjectNumber"]) == ("Account", account["number"])
    assert (line["id"], line["sequence"]) == (first["id"], first["sequence"])
    assert (line["accountId"], line["itemId"]) == (account["id"], ZERO)


def an_item_makes_an_account_line_one_for_it(api: Api, kind: Kind) -> None:
    _make_it_an_items(api, kind, "Account")


def an_item_makes_an_asset_line_one_for_it(api: Api, kind: Kind) -> None:
    _make_it_an_items(api, kind, "Fixed_x0020_Asset")


def _make_it_an_items(api: Api, kind: Kind, line_type: str) -> None:
    header, _ = _with_lines_of_every_type(api, kind)
    item = new_item(api, "LAMP")
    (before,) = (line for line in lines_of(api, kind, header) if line["lineType"] == line_type)
    api.patch(lines_path(kind, header, before), {"itemId": item["id"]})
    line = api.get(f"{kind.lines}({before['id']})")
    assert (line["lineType"], line["lineObjectNumber"], line["sequence"]) == ("Item", "LAMP", before["sequence"])
    assert (line["itemId"], line["accountId"]) == (item["id"], ZERO)


def another_type_blanks_what_the_line_is_for(api: Api, kind: Kind) -> None:
    header = with_lines(api, kind)
    first = lines_of(api, kind, header)[0]
    answer = api.patch(lines_path(kind, header, first), {"lineType": "Account"})
    line = lines_of(api, kind, header)[0]
    assert (line["lineType"], line["lineObjectNumber"]) == ("Account", "")
    assert (answer["itemId"], answer["accountId"]) == (ZERO, ZERO)


def a_line_is_for_a_variant_of_its_item(api: Api, kind: Kind) -> None:
    header = with_lines(api, kind)
    item = new_item(api, "LAMP")
    variant = api.post("itemVariants", {"itemId": item["id"], "code": "RED"})
    answer = api.post(lines_path(kind, header), item_line(kind, item, itemVariantId=variant["id"]))
    assert lines_of(api, kind, header)[-1]["itemVariantId"] == answer["itemVariantId"] == variant["id"]


def a_variant_of_another_item_is_refused(api: Api, kind: Kind) -> None:
    header = with_lines(api, kind)
    variant = api.post("itemVariants", {"itemId": new_item(api, "LAMP")["id"], "code": "RED"})
    body = item_line(kind, new_item(api, "SHELF"), itemVariantId=variant["id"])
    assert api.refused("POST", lines_path(kind, header), body)[:2] == DIALOG
    assert len(lines_of(api, kind, header)) == 2


def a_document_is_read_with_its_own_lines(api: Api, kind: Kind) -> None:
    header = with_lines(api, kind)
    assert_expanded(api, kind, header)


def each_document_is_read_with_its_own_lines(api: Api, kind: Kind) -> None:
    headers = [new_document(api, kind, [{"description": f"{place}"}]) for place in range(3)]
    for header in headers:
        assert_expanded(api, kind, header)
    any_of = " or ".join(f"number eq '{header['number']}'" for header in headers)
    together = api.rows(kind.headers, filter=any_of, expand=kind.lines)
    assert all(line["documentId"] == row["id"] for row in together for line in row[kind.lines])
    assert {row["id"] for row in together} == {header["id"] for header in headers}


def assert_expanded(api: Api, kind: Kind, header: dict[str, Any]) -> None:
    lines = api.get(path_of(kind, header), expand=kind.lines)[kind.lines]
    assert [line["id"] for line in lines] == [line["id"] for line in lines_of(api, kind, header)]
    assert {line["documentId"] for line in lines} == {header["id"]}
