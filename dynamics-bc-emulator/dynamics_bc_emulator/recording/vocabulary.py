"""Words that belong to Business Central itself and may stay in a recording; all others could be a tenant's own."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from dynamics_bc_emulator.odata.catalogue import load_catalogue
from dynamics_bc_emulator.seed.countries import COUNTRIES
from dynamics_bc_emulator.seed.facts import load

_WORD = re.compile(r"[^\W\d_]+")


@cache
def members() -> frozenset[str]:
    """All members of enums and options, as they are served."""
    properties = [each for entity_set in load_catalogue().sets.values() for each in entity_set.properties.values()]
    return frozenset(member for each in properties for member in (*(each.enum or ()), *(each.options or ())))


@cache
def codes() -> frozenset[str]:
    """Codes of countries, currencies and journal templates, which are the same everywhere."""
    countries = [row["code"] for row in load("countriesRegions")]
    currencies = [row["code"] for country in COUNTRIES.values() for row in load("currencies", country)]
    templates = [row["name"] for row in load("journalTemplates")]
    return frozenset([*countries, *currencies, *templates, *("GBP", "USD", "EUR")])


@cache
def words() -> frozenset[str]:
    """Words of messages, lower case: of the service's sentences, and of the captions of its tables and fields."""
    sets = load_catalogue().sets
    captions = [
        text
        for entity_set in sets.values()
        for text in (entity_set.table, entity_set.name, *(each.caption for each in entity_set.properties.values()))
    ]
    names = [name for entity_set in sets.values() for name in entity_set.properties]
    of_messages = files("dynamics_bc_emulator").joinpath("data/message_words.txt").read_text(encoding="utf-8").split()
    return frozenset(of_messages) | {word.lower() for text in (*captions, *names) for word in _WORD.findall(text)}
