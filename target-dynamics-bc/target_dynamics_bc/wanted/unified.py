"""What does a unified record ask for?

HotGlue's unified records, streams Customers, Vendors, Bills, BillPayments and JournalEntries, as `WantedRecord`. Pure:
nothing here asks the service. In this dialect null means untouched, as an absent field does.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_dynamics_bc.identity import hash_of, identity_of
from target_dynamics_bc.wanted.dimension_fields import wanted_dimensions
from target_dynamics_bc.wanted.reading import Reading, check_exchange_rate
from target_dynamics_bc.wanted.records import BOOKED_CURRENCY, Reference, WantedLine, WantedRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from target_dynamics_bc.kinds.kind import Kind

BLANK_OPTION = "_x0020_"
"""How the service spells the blank member of an enumeration."""

LARGEST_LINE_NUMBER = 2**31

Parts = dict[str, Any]


def map_unified(
    stream: str, entity: Kind, position: int, record: Mapping[str, Any], prefixes: Iterable[str]
) -> WantedRecord:
    """What a unified record asks for, with everything that is wrong with it.

    Args:
        stream: The stream's name, as it came.
        entity: The table's row for it.
        position: The record's place in the input.
        record: The record.
        prefixes: Prefixes of root fields that the dimension mapping knows, such as `class`.
    """
    faults: list[Any] = []
    reading = Reading(record, faults)
    prefixes = tuple(prefixes)
    parts = _MAPPERS[entity.name](reading, entity, prefixes)
    common: Parts = {
        "external_id": reading.key("externalId"),
        "company": reading.first(("subsidiaryId", "subsidiaryName")),
        "dimensions": wanted_dimensions(reading, prefixes),
        "draft": reading.truth("isDraft"),
        "deleted": reading.has("_sdc_deleted_at"),
    }
    wanted = {**common, **parts}
    return WantedRecord(
        stream=stream,
        entity=entity,
        position=position,
        record=record,
        hash=hash_of(record),
        identity=identity_of(entity, record, wanted["external_id"]),
        faults=tuple(dict.fromkeys(faults)),  # a field that is read twice has one fault
        **wanted,
    )


# --- customers and vendors -----------------------------------------------------------------------------------


def _customer(reading: Reading, entity: Kind, _prefixes: tuple[str, ...]) -> Parts:
    fields = _party_fields(reading, entity, "companyName")
    _put(fields, "taxLiable", reading.truth("taxable"))
    is_person = reading.truth("isPerson")
    if is_person is not None:
        fields["type"] = "Person" if is_person else "Company"
    return _party(reading, entity, fields, "customerNumber")


def _vendor(reading: Reading, entity: Kind, _prefixes: tuple[str, ...]) -> Parts:
    return _party(reading, entity, _party_fields(reading, entity, "vendorName"), "vendorNumber")


def _party(reading: Reading, entity: Kind, fields: Parts, number_field: str) -> Parts:
    number = reading.code(number_field, longest=entity.length("number")) or None
    return {
        "id": reading.key("id"),
        "number": number,
        "fields": fields,
        "references": _given(currencyCode=_currency(reading), paymentMethodId=_payment_method(reading)),
    }


def _party_fields(reading: Reading, entity: Kind, name_field: str) -> Parts:
    fields: Parts = {}
    _put(fields, "displayName", reading.text(name_field, longest=entity.length("displayName")))
    for name in ("email", "website"):
        _put(fields, name, reading.text(name, longest=entity.length(name)))
    phone = _preferred(reading.children("phoneNumbers"), "type", "unknown")
    if phone is not None:
        _put(fields, "phoneNumber", phone.text("phoneNumber", longest=entity.length("phoneNumber")))
    fields |= _address(reading, entity)
    active = reading.truth("isActive")
    if active is not None:
        fields["blocked"] = BLANK_OPTION if active else "All"
    return fields


_ADDRESS_PARTS: Mapping[str, str] = {
    "line1": "addressLine1",
    "line2": "addressLine2",
    "city": "city",
    "state": "state",
    "country": "country",
    "postalCode": "postalCode",
}


def _address(reading: Reading, entity: Kind) -> Parts:
    """The parts that the record carries; one that is absent is not written as blank."""
    address = _preferred(reading.children("addresses"), "addressType", "shipping")
    if address is None:
        return {}
    parts: Parts = {}
    for name, target in _ADDRESS_PARTS.items():
        read = address.code if target in {"country", "postalCode"} else address.text
        _put(parts, target, read(name, longest=entity.length(target)))
    return parts


def _preferred(children: Sequence[Reading] | None, name: str, value: str) -> Reading | None:
    """The child whose field has the value, else the first one."""
    if not children:
        return None
    return next((child for child in children if str(child.data.get(name)).lower() == value), children[0])


# --- bills ---------------------------------------------------------------------------------------------------


def _bill(reading: Reading, entity: Kind, prefixes: tuple[str, ...]) -> Parts:
    references = _given(vendorId=_trio(reading, "vendors", "vendor"), currencyCode=_currency(reading))
    if "vendorId" not in references and not reading.has("id"):
        reading.fault("vendorId", "required", "A bill needs its vendor: vendorId, vendorNumber or vendorName.")
    fields = _given_values(
        vendorInvoiceNumber=_vendor_invoice_number(reading, entity),
        invoiceDate=reading.day("issueDate"),
        dueDate=reading.day("dueDate"),
        postingDate=reading.day("postingDate"),
        pricesIncludeTax=reading.truth("pricesIncludeTax"),
    )
    items, expenses = reading.children("lineItems"), reading.children("expenses")
    assumed = _assumed_of_a_bill(reading, fields, has_prices=items is not None or expenses is not None)
    kinds = {kind for kind, children in (("Item", items), ("Account", expenses)) if children is not None}
    lines = [_item_line(child, entity, prefixes) for child in items or ()]
    lines += [_expense_line(child, entity, prefixes) for child in expenses or ()]
    return {
        "id": reading.key("id"),
        "number": reading.code("transactionNumber", longest=entity.length("number")) or None,
        "fields": fields,
        "assumed": assumed,
        "references": references,
        "lines": tuple(lines) if kinds else None,
        "line_kinds": frozenset(kinds),
        "total": reading.amount("totalAmount"),
    }


def _vendor_invoice_number(reading: Reading, entity: Kind) -> str | None:
    """The vendor's own number of the bill. Where there is none, the sender's id takes its place.

    It is what a bill is found by again, and what Business Central asks for before it posts one.
    """
    longest = entity.length("vendorInvoiceNumber")
    name = "billNumber" if reading.key("billNumber") or reading.has("id") else "externalId"
    return reading.code(name, longest=longest) or None


def _assumed_of_a_bill(reading: Reading, fields: Parts, *, has_prices: bool) -> frozenset[str]:
    """Adds what a new bill gets although the record does not say it, and names it.

    Prices are net: without a word Business Central takes the vendor's own way, which may be gross. A record that has
    prices states that too, for a bill that is there already.
    """
    names = {"vendorInvoiceNumber"} if not reading.key("billNumber") else set[str]()
    if "pricesIncludeTax" not in fields:
        fields["pricesIncludeTax"] = False
        names |= set() if has_prices else {"pricesIncludeTax"}
    return frozenset(names & fields.keys())


def _item_line(line: Reading, entity: Kind, prefixes: tuple[str, ...]) -> WantedLine:
    item = _trio(line, "items", "item")
    if item is None:
        line.fault("itemId", "required", f"{line.path} needs its item: itemId, itemNumber or itemName.")
    fields = _line_fields(line, entity, quantity=line.amount("quantity"), cost=line.amount("unitPrice"))
    return _line(line, "Item", fields, _given(itemId=item, locationId=_location(line)), prefixes)


def _expense_line(line: Reading, entity: Kind, prefixes: tuple[str, ...]) -> WantedLine:
    account = _trio(line, "accounts", "account")
    if account is None:
        line.fault("accountId", "required", f"{line.path} needs its account: accountId, accountNumber or accountName.")
    fields = _line_fields(line, entity, quantity=Decimal(1), cost=line.amount("amount"))
    return _line(line, "Account", fields, _given(accountId=account, locationId=_location(line)), prefixes)


def _line_fields(line: Reading, entity: Kind, *, quantity: Decimal | None, cost: Decimal | None) -> Parts:
    return _given_values(
        description=line.text("description", longest=entity.length("description")),
        taxCode=line.code("taxCode", longest=entity.length("taxCode")),
        quantity=quantity,
        unitCost=cost,
        discountAmount=line.amount("discount"),
    )


def _line(
    line: Reading, kind: str, fields: Parts, references: dict[str, Reference], prefixes: tuple[str, ...]
) -> WantedLine:
    return WantedLine(line.path, kind, line.key("externalId"), fields, references, wanted_dimensions(line, prefixes))


# --- payments ------------------------------------------------------------------------------------------------


def _payment(reading: Reading, entity: Kind, _prefixes: tuple[str, ...]) -> Parts:
    vendor = _trio(reading, "vendors", "vendor")
    if vendor is None:
        reading.fault("vendorId", "required", "A payment needs its vendor: vendorId, vendorNumber or vendorName.")
    journal = None
    if names := [name for name in ("journalId", "journalExternalId") if reading.key(name)]:
        code = reading.code("journalExternalId")
        journal = Reference("vendorPaymentJournals", reading.field(names[0]), id=reading.key("journalId"), number=code)
    fields = _given_values(
        postingDate=_required(reading, "paymentDate", reading.day("paymentDate"), "A payment needs its paymentDate."),
        documentNumber=_document_number(reading, entity, "paymentNumber"),
        amount=_required(reading, "amount", reading.amount("amount"), "A payment needs its amount."),
        lineNumber=_line_number(reading),
        description=reading.text("description", longest=entity.length("description")),
    )
    return {
        "number": fields.get("documentNumber"),
        "fields": fields,
        "references": _given(
            vendorId=vendor, appliesToInvoiceId=_paid_bill(reading), journalId=journal, **_booked_currency(reading)
        ),
    }


def _paid_bill(reading: Reading) -> Reference | None:
    names = ("billId", "billNumber", "billExternalId")
    if reading.first(names) is None:
        return None
    return Reference(
        "purchaseInvoices",
        reading.first_field(names),
        id=reading.key("billId"),
        number=reading.key("billNumber"),
        external=reading.key("billExternalId"),
        within="vendorId",
    )


def _line_number(reading: Reading) -> int | None:
    number = reading.amount("transactionNumber")
    if number is None:
        return None
    if number != number.to_integral_value() or abs(number) >= LARGEST_LINE_NUMBER:
        message = "transactionNumber must be a whole number below 2,147,483,648: it becomes the line's number."
        reading.fault("transactionNumber", "no_number", message)
        return None
    return int(number)


# --- journal entries -----------------------------------------------------------------------------------------


def _entry(reading: Reading, entity: Kind, prefixes: tuple[str, ...]) -> Parts:
    number = _document_number(reading, entity, "journalEntryNumber")
    day = _required(
        reading, "transactionDate", reading.day("transactionDate"), "A journal entry needs its transactionDate."
    )
    children = reading.children("lineItems")
    if not children:
        reading.fault("lineItems", "required", "A journal entry needs lines: lineItems.")
    shared = _given_values(postingDate=day, documentNumber=number)
    lines = [_entry_line(child, entity, shared, prefixes) for child in children or ()]
    return {
        "number": number,
        "fields": shared,
        "references": _given(**_booked_currency(reading)),
        "lines": tuple(lines),
        "line_kinds": frozenset({"Entry"}),
    }


def _entry_line(line: Reading, entity: Kind, shared: Parts, prefixes: tuple[str, ...]) -> WantedLine:
    account = _trio(line, "accounts", "account")
    if account is None:
        line.fault("accountId", "required", f"{line.path} needs its account: accountId, accountNumber or accountName.")
    description = line.text("description", longest=entity.length("description"))
    fields = {**shared, **_given_values(amount=_signed_amount(line), description=description)}
    return _line(line, "Entry", fields, _given(accountId=account, **_booked_currency(line)), prefixes)


def _signed_amount(line: Reading) -> Decimal | None:
    """Debits are positive, credits negative; the entry's type says which amount counts, else the one that is there."""
    kind = str(line.data.get("entryType") or "").strip().lower()
    debit, credit = line.amount("debitAmount"), line.amount("creditAmount")
    if kind not in {"", "debit", "credit"}:
        line.fault(
            "entryType",
            "unknown_value",
            f'{line.field("entryType")} must be Debit or Credit, not "{line.data["entryType"]}".',
        )
        return None
    if kind == "debit" or (not kind and debit):
        amount, name, sign = debit, "debitAmount", 1
    elif kind == "credit" or (not kind and credit):
        amount, name, sign = credit, "creditAmount", -1
    else:
        amount, name, sign = None, "debitAmount", 1
    if amount is None:
        line.fault(name, "required", f"{line.path} needs its amount: {name}.")
        return None
    other, unused = (credit, "creditAmount") if sign > 0 else (debit, "debitAmount")
    # Some senders give one amount twice, and the type says the side; without a type it may have its sign turned.
    if other and other != -amount and not (kind and other == amount):
        message = f"{line.path} is booked with its {name}, and {line.field(unused)} must be 0 or absent, not {other}."
        line.fault(unused, "contradiction", message)
        return None
    return amount * sign


# --- pieces --------------------------------------------------------------------------------------------------


def _trio(reading: Reading, kind: str, prefix: str) -> Reference | None:
    """`{x}Id`, `{x}Number`, `{x}Name`, and the sender's own `{x}ExternalId`."""
    names = (f"{prefix}Id", f"{prefix}Number", f"{prefix}ExternalId", f"{prefix}Name")
    if reading.first(names) is None:
        return None
    id_, number, external, name = (reading.key(each) for each in names)
    return Reference(kind, reading.first_field(names), id=id_, number=number, name=name, external=external)


def _currency(reading: Reading) -> Reference | None:
    names = ("currencyId", "currency", "currencyName")
    if reading.first(names) is None:
        return None
    keys = (reading.key(name) for name in names)
    return Reference("currencies", reading.first_field(names), *keys)


def _booked_currency(reading: Reading) -> dict[str, Reference | None]:
    """The currency that an entry or a payment is to be booked in."""
    check_exchange_rate(reading)
    return {BOOKED_CURRENCY: _currency(reading)}


def _location(reading: Reading) -> Reference | None:
    return _trio(reading, "locations", "location")


def _payment_method(reading: Reading) -> Reference | None:
    """One field that may hold an id, a code or a name."""
    text = reading.key("paymentMethod")
    return None if text is None else Reference("paymentMethods", "paymentMethod", id=text, number=text, name=text)


def _document_number(reading: Reading, entity: Kind, name: str) -> str | None:
    """The number a document goes by in a journal; where the record has none, the sender's id."""
    chosen = name if reading.key(name) else "externalId"
    number = reading.code(chosen, longest=entity.length("documentNumber"))
    return number or None


def _required(reading: Reading, name: str, value: Any, message: str) -> Any:
    """The value; a fault if there was nothing to read it from. What could not be read has its fault already."""
    if value is None and reading.data.get(name) in (None, ""):
        reading.fault(name, "required", message)
    return value


def _put(fields: Parts, name: str, value: Any) -> None:
    if value is not None:
        fields[name] = value


def _given(**references: Reference | None) -> dict[str, Reference]:
    return {name: reference for name, reference in references.items() if reference is not None}


def _given_values(**values: Any) -> Parts:
    return {name: value for name, value in values.items() if value is not None}


_MAPPERS: Mapping[str, Callable[[Reading, Kind, tuple[str, ...]], Parts]] = {
    "customers": _customer,
    "vendors": _vendor,
    "purchaseInvoices": _bill,
    "vendorPayments": _payment,
    "generalJournalLines": _entry,
}
