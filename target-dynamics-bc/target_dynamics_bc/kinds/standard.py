"""Which kinds of record can be written? The table.

What a kind has in common with its entity set (lengths, types, references) are facts and not repeated in its row.
"""

from __future__ import annotations

from functools import lru_cache

from target_dynamics_bc.kinds.documents import DOCUMENTS
from target_dynamics_bc.kinds.facts import packaged_facts
from target_dynamics_bc.kinds.journals import JOURNALS
from target_dynamics_bc.kinds.master_data import MASTER_DATA
from target_dynamics_bc.kinds.table import Kinds


@lru_cache
def standard_kinds() -> Kinds:
    """The kinds that this package knows, over the facts that come with it."""
    return Kinds((*MASTER_DATA, *DOCUMENTS, *JOURNALS), packaged_facts())
