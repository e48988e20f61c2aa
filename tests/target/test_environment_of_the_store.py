"""A store is of one environment: what another one was given, or this one before it was put back, is not done here."""

from __future__ import annotations

import json
import sqlite3

import pytest

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.settings import ConnectionSettings
from dynamics_bc_client.transport import Response
from target_dynamics_bc.kept.environment import RememberedEnvironment, names_of
from target_dynamics_bc.kept.memory import Memory
from target_dynamics_bc.kept.units import UnitKey
from target_dynamics_bc.kinds.standard import standard_kinds
from tests.target.at_the_desk import Target

VENDORS = [{"externalId": f"v{n}", "vendorName": f"Vendor {n}"} for n in range(3)]
BILL = {
    "externalId": "b",
    "billNumber": "ENV-1",
    "vendorNumber": "10000",
    "issueDate": "2026-01-20",
    "isDraft": False,
    "expenses": [{"accountNumber": "8210", "amount": 10}],
}
PAYMENT = {
    "externalId": "p",
    "paymentNumber": "ENV-2",
    "paymentDate": "2026-01-28",
    "amount": 5,
    "vendorNumber": "10000",
    "journalExternalId": "GENERAL",
    "isDraft": False,
}
ALL = {"Vendors": VENDORS, "Bills": [BILL], "BillPayments": [PAYMENT]}


def called(name, listed=("Production", "Sandbox")):
    """The emulator's environment under another name, among these."""

    def around(request, send):
        if "/environments/" in request.url:
            body = json.dumps({"value": [{"name": each} for each in listed]}).encode()
            return Response(200, {"Content-Type": "application/json"}, body)
        renamed = request.url.replace(f"/{name}/api/", "/Production/api/")
        return send(type(request)(request.method, renamed, request.headers, request.body, request.timeout_seconds))

    return around


def without_environment(store):
    """The memory as a release before this one has left it."""
    database = sqlite3.connect(store / "ledger.sqlite")
    with database:
        database.execute("DROP TABLE environment")
    database.close()


@pytest.mark.fault("P1")
def test_a_store_of_a_sandbox_is_refused_by_production_although_the_companies_have_the_same_ids(
    pipe, company, emulator
):
    pipe(ALL, environment_name="Sandbox", around=called("Sandbox"))
    emulator.reset()
    with pytest.raises(ConfigurationError, match=r"\(.*, Sandbox\), not of .*, Production\).*store_path") as refusal:
        pipe(ALL, around=called("Production"))
    assert refusal.value.exit_code == 2
    assert not company.rows("vendors", displayName="Vendor 1")


def test_a_copy_of_production_refuses_its_store_although_everything_is_there(pipe):
    pipe(ALL)
    with pytest.raises(ConfigurationError, match="another environment"):
        pipe(ALL, environment_name="Sandbox", around=called("Sandbox"))


def test_a_renamed_environment_is_taken_and_the_change_is_said_once(pipe, caplog):
    caplog.set_level("INFO")
    pipe(ALL, environment_name="Old", around=called("Old"))
    again = pipe(ALL, around=called("Production", listed=["Production"]))
    assert set(again.kinds) == {"existing"}
    assert caplog.text.count('The environment "Old" is called "Production" by now.') == 1
    assert set(pipe(ALL).kinds) == {"existing"}
    assert caplog.text.count("by now") == 1


def test_an_environment_whose_old_name_is_gone_and_that_lacks_what_was_written_is_refused(pipe, emulator):
    pipe(ALL, environment_name="Old", around=called("Old"))
    emulator.reset()
    with pytest.raises(ConfigurationError, match="another environment"):
        pipe(ALL, around=called("Production", listed=["Production"]))


@pytest.mark.fault("P1")
def test_an_environment_that_was_put_back_refuses_its_store(pipe, company, emulator):
    pipe(ALL)
    emulator.reset()
    with pytest.raises(ConfigurationError, match=r"was posted at .* earlier moment"):
        pipe(ALL)
    assert not company.rows("vendors", displayName="Vendor 1")


SOLD = [{"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 1, "unitPrice": 10}]
TURNED = {
    "salesQuotes": {"action": "makeOrder", "salesQuoteLines": SOLD},
    "salesOrders": {"action": "shipAndInvoice", "salesOrderLines": SOLD},
}


@pytest.mark.parametrize("stream", sorted(TURNED))
def test_what_was_turned_into_another_document_is_no_sign_that_the_environment_was_put_back(stream, tmp_path):
    record = {"externalId": "e-1", "customerNumber": "20000", "externalDocumentNumber": "E-1", **TURNED[stream]}
    target = Target(tmp_path)
    assert target.write(stream, record, remember=True)[0]["outcome"] == "posted"
    assert target.write(stream, record, remember=True)[0]["outcome"] == "existing"


def test_where_nothing_was_posted_and_all_is_gone_each_record_is_looked_up_and_written_again(
    pipe, company, emulator, caplog
):
    pipe({"Vendors": VENDORS})
    emulator.reset()
    assert pipe({"Vendors": VENDORS}).kinds == ["created"] * 3
    assert "looked up again" in caplog.text
    assert len(company.rows("vendors", displayName="Vendor 1")) == 1
    assert pipe({"Vendors": VENDORS}).kinds == ["existing"] * 3


def test_one_vendor_that_somebody_has_deleted_stays_deleted(pipe, company):
    pipe({"Vendors": VENDORS})
    deleted = {**VENDORS[2], "_sdc_deleted_at": "2026-01-28T00:00:00Z"}
    assert pipe({"Vendors": [deleted]}, store=None, on_delete="delete").kinds == ["deleted"]
    assert pipe({"Vendors": VENDORS}).kinds == ["existing"] * 3
    assert not company.rows("vendors", displayName="Vendor 2")


def test_a_store_of_the_release_before_is_taken_and_from_then_on_of_this_environment(pipe, tmp_path):
    pipe(ALL)
    without_environment(tmp_path / "store")
    assert set(pipe(ALL).kinds) == {"existing"}
    with pytest.raises(ConfigurationError, match="another environment"):
        pipe(ALL, environment_name="Sandbox", around=called("Sandbox"))


def test_a_store_of_the_release_before_that_is_of_another_environment_is_refused_by_what_it_remembers(
    pipe, emulator, tmp_path
):
    pipe(ALL, environment_name="Sandbox", around=called("Sandbox"))
    without_environment(tmp_path / "store")
    emulator.reset()
    with pytest.raises(ConfigurationError, match="or is a copy"):
        pipe(ALL)


def test_an_environment_may_be_named_in_any_way_that_means_the_same(pipe, emulator):
    pipe(ALL)
    root = f"{emulator.url}/v2.0/{emulator.tenant_id}/production/api/v2.0"
    assert set(pipe(ALL, full_url=root).kinds) == {"existing"}
    assert set(pipe(ALL).kinds) == {"existing"}


def named(tenant, name="P"):
    return {"tenant_id": tenant, "environment_name": name}


GUID, OTHER_GUID = "11111111-0000-4000-8000-000000000001", "11111111-0000-4000-8000-000000000002"


@pytest.mark.parametrize(
    ("theirs", "ours", "companies", "taken"),
    [
        (
            named(GUID),
            named("contoso.com"),
            "A",
            True,
        ),
        (
            named(GUID),
            named("contoso.com"),
            "b",
            False,
        ),
        (
            named(GUID),
            named(OTHER_GUID),
            "a",
            False,
        ),
        (named(GUID), {"environment_name": "p"}, "b", True),
        ({"environment_name": "P"}, named(GUID), "b", True),
        ({"full_url": "https://one/api/v2.0"}, {"full_url": "https://two/api/v2.0"}, "a", False),
        ({"full_url": "https://one/api/v2.0"}, {"environment_name": "P"}, "a", True),
        ({"full_url": "https://one/api/v2.0"}, {"environment_name": "P"}, "b", False),
    ],
)
def test_names_that_cannot_be_compared_are_settled_by_the_companies(theirs, ours, companies, taken):
    memory = Memory(None)
    memory.bind(theirs)
    memory.finish(UnitKey("a", "vendors", "external:1"), "h", posted=False, id_=None, number=None, lines={})
    remembered = RememberedEnvironment(
        memory,
        ours,
        company_ids=[companies],
        look=lambda queries: [[]] * len(queries),
        environment_names=list,
        kinds=standard_kinds(),
    )
    if taken:
        assert remembered.bind()
        assert memory.environment().items() >= ours.items()
    else:
        with pytest.raises(ConfigurationError):
            remembered.bind()
        assert memory.environment() == theirs
    memory.close()


def test_a_store_that_names_no_environment_and_knows_other_companies_is_of_another_one(monkeypatch):
    """As one is whose file somebody damaged: its parts say different things."""
    memory = Memory(None)
    memory.bind({"Inf": "P", "tenant_id": GUID})
    memory.finish(UnitKey("a", "vendors", "external:1"), "h", posted=False, id_="1", number=None, lines={})
    monkeypatch.setattr(memory, "company_ids", lambda: ["b"])
    remembered = RememberedEnvironment(
        memory,
        named(GUID),
        company_ids=["a"],
        look=lambda queries: [[{"id": "1"}]] * len(queries),
        environment_names=list,
        kinds=standard_kinds(),
    )
    with pytest.raises(ConfigurationError, match="of another environment"):
        remembered.bind()
    memory.close()


def test_texts_of_the_store_are_shown_in_short():
    memory = Memory(None)
    memory.bind(named(GUID, "x" * 9_000))
    number = "y" * 9_000
    memory.finish(UnitKey("a", "salesInvoices", "external:1"), "h", posted=True, id_="1", number=number, lines={})
    around = {
        "company_ids": ["a"],
        "look": lambda queries: [[]] * len(queries),
        "environment_names": list,
        "kinds": standard_kinds(),
    }
    with pytest.raises(ConfigurationError, match=r"of another environment \([^x]*x{200}[,)]"):
        RememberedEnvironment(memory, named(GUID), **around).bind()
    memory.bind(named(GUID))
    with pytest.raises(ConfigurationError, match=r"remembers that y{200} of salesInvoices was posted"):
        RememberedEnvironment(memory, named(GUID), **around).bind()
    memory.close()


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        (ConnectionSettings(tenant_id="t"), {"tenant_id": "t", "environment_name": "Production"}),
        (ConnectionSettings(), {"environment_name": "Production"}),
        (
            ConnectionSettings(tenant_id="t", environment_tenant="u", environment_name="S"),
            {"tenant_id": "u", "environment_name": "S"},
        ),
        (
            ConnectionSettings(full_url="https://h/v2.0/t/My%20Sandbox/api/v2.0"),
            {"tenant_id": "t", "environment_name": "My Sandbox"},
        ),
        (ConnectionSettings(full_url="https://h/v2.0/S/api/v2.0"), {"environment_name": "S"}),
        (ConnectionSettings(full_url="https://erp/BC/api/v2.0"), {"full_url": "https://erp/BC/api/v2.0"}),
    ],
)
def test_an_environment_is_named_by_what_the_settings_say(settings, names):
    assert names_of(settings) == names
