"""What settings name of kinds, keys and actions is found in any case, or answered with what comes near."""

from __future__ import annotations

import pytest

from dynamics_bc_plugin.settings import SettingFault
from target_dynamics_bc.kinds.choosing import allowed, chosen_keys, makeable
from target_dynamics_bc.kinds.standard import standard_kinds

KINDS = standard_kinds()


def test_names_have_no_case_and_are_kept_as_the_service_spells_them():
    assert chosen_keys({"BILLS": ["VendorInvoiceNumber", "ID"]}, KINDS) == {
        "purchaseInvoices": ("vendorInvoiceNumber", "id")
    }
    assert makeable({"vendors"}, KINDS) == {"vendors"}
    assert allowed({"cancelandsend"}, KINDS) == {"cancelandsend"}


@pytest.mark.parametrize(
    ("check", "value", "said"),
    [
        (chosen_keys, {"purchaseInvoices": ["vendorInvoiceNo"]}, "did you mean vendorInvoiceNumber"),
        (chosen_keys, {"vendors": ["numbr"]}, "did you mean number"),
        (chosen_keys, {"vendors": ["numbr"]}, "out of id, number, external_id, name"),
        (makeable, {"vendor"}, "did you mean vendors"),
        (makeable, {"salesOrders"}, "cannot name salesOrders"),
        (allowed, {"cancle"}, "did you mean cancel"),
        (allowed, {"dance"}, "those that need it are cancel, cancelAndSend"),
    ],
)
def test_a_name_that_nothing_has_is_answered_with_the_nearest(check, value, said):
    with pytest.raises(SettingFault, match=said):
        check(value, KINDS)
