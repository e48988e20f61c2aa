"""Every bound action of the metadata is done, and described."""

from __future__ import annotations

import pytest

from dynamics_bc_emulator.odata.catalogue import load_catalogue
from dynamics_bc_emulator.rules.posting.actions import ACTIONS
from dynamics_bc_emulator.rules.registry import described_actions, leads_to, rules_of

BOUND = [(name, action) for name, entity_set in load_catalogue().sets.items() for action in entity_set.actions]


def test_there_are_actions_in_the_metadata():
    assert len(BOUND) == 21


@pytest.mark.parametrize(("entity_set", "action"), BOUND)
def test_every_action_has_a_rule(entity_set, action):
    assert action in rules_of(entity_set).actions


@pytest.mark.parametrize(("entity_set", "action"), BOUND)
def test_no_action_answers_that_it_is_not_done(desk, entity_set, action):
    row = desk.company.find(entity_set)[0]
    response = desk.ask("POST", f"{entity_set}({row['id']})/Microsoft.NAV.{action}")
    assert response.status in {204, 400}, response


def test_what_is_described_is_what_there_is():
    assert set(described_actions()) == set(BOUND)
    assert all(leaves for _, leaves in described_actions().values())


def test_an_action_leads_to_a_set_of_the_metadata():
    for entity_set, actions in ACTIONS.items():
        for name in actions:
            assert leads_to(entity_set, name) in load_catalogue().sets


def test_an_action_leads_to_its_own_row_where_nothing_else_is_said():
    assert leads_to("journals", "post") == "journals"
    assert leads_to("salesQuotes", "makeOrder") == "salesOrders"
