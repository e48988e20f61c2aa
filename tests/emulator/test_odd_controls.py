"""Whatever JSON a control is given, it is taken or refused with a sentence; nothing else happens."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from emulator.in_process import Desk, open_desk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dynamics_bc_emulator.http import granting, leaving_open, vanishing
from dynamics_bc_emulator.http.emulator import CLIENT_ID, CLIENT_SECRET, TENANT_DOMAIN, TENANT_ID, Emulator
from dynamics_bc_emulator.http.misfortunes import Delivery, Misfortune, parse_misfortunes
from dynamics_bc_emulator.http.sign_in import Identities, SignIn
from dynamics_bc_emulator.http.spoiling import spoiled
from dynamics_bc_emulator.http.throttling import Throttles
from dynamics_bc_emulator.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# What `_endpoint` of the controls answers with a sentence.
REFUSED = (Refusal, KeyError, OverflowError, TypeError, ValueError)
WORDS = st.sampled_from(
    ["", "vendors", "salesInvoices", "salesInvoiceLines", "CRONUS International Ltd.", "G/L Entry", "commit", "cut"]
)
ATOMS = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 500), st.floats(allow_nan=False), WORDS, st.text(max_size=5)
)
VALUES = st.recursive(
    ATOMS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=2))
)
odd = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)


def objects(*names: str) -> st.SearchStrategy[Any]:
    """Objects with some of these names, and lists of them, and anything else."""
    one = st.dictionaries(st.sampled_from(names), VALUES, max_size=len(names))
    return st.one_of(one, st.lists(one, max_size=2), VALUES)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    desk: Desk = open_desk()
    service = desk.service
    identities = Identities(TENANT_ID, TENANT_DOMAIN, CLIENT_ID, CLIENT_SECRET)
    yield Emulator(service, SignIn(identities, service.clock), Throttles(100, 5), lambda: service.store)
    service.store.close()


def odd_bodies() -> list[tuple[Callable[[Emulator, Any], Any], st.SearchStrategy[Any]]]:
    rights = ("read", "write", "insert", "modify", "delete", "post")
    row = ("company", "entity_set", "id", "set", "stamp", "delete")
    return [
        (granting.set_permissions, objects("principal", "company", "entity_set", "table", "action", "status", *rights)),
        (granting.set_principals, objects("client_id", "client_secret", "user", "in_environment")),
        (granting.new_refresh_token, objects("client_id", "user")),
        (vanishing.vanish, objects("entity_set", "navigation", "company")),
        (leaving_open.change_transaction, objects("rows", "seen", "transaction", "end")),
        (leaving_open.change_transaction, st.fixed_dictionaries({"rows": objects(*row)})),
    ]


@pytest.mark.parametrize(("control", "bodies"), odd_bodies())
def test_a_control_takes_a_body_or_refuses_it(
    emulator: Emulator, control: Callable[[Emulator, Any], Any], bodies: st.SearchStrategy[Any]
) -> None:
    @odd
    @given(body=bodies)
    def check(body: Any) -> None:
        with suppress(*REFUSED):
            control(emulator, body)

    check()
    emulator.service.gate.grant(())
    vanishing.come_back(emulator)


FAULT = (
    "method",
    "path",
    "skip",
    "times",
    "status",
    "headers",
    "body",
    "delay_ms",
    "drop",
    "after",
    "says",
    "cut_after",
    "end_after",
    "stall_after",
    "stall_ms",
    "drip_bytes",
    "drip_ms",
    "gzip",
    "error_in",
    "rows",
    "next_link",
    "page_rows",
    "principal",
    "larger_than",
    "operation",
    "late",
)
PAGE = b'{"@odata.context":"c","value":[{"id":"a"}],"@odata.nextLink":"http://bc/n"}'


@odd
@given(order=objects(*FAULT))
def test_a_fault_that_is_taken_can_befall_a_request(order: Any) -> None:
    ordered: list[Misfortune] = []
    with suppress(*REFUSED):
        ordered = parse_misfortunes(order)
    for one in ordered:
        one.befalls("GET", "/customers", "", principal="x", size=5)
        one.response_body()
        assert isinstance(spoiled(PAGE, one.spoiling, "http://bc/x"), bytes)
        assert isinstance(one.delivery, Delivery)
