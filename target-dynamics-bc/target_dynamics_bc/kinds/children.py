"""Which rows belong to records of many kinds?"""

from __future__ import annotations

from target_dynamics_bc.kinds.facts import packaged_facts
from target_dynamics_bc.kinds.kind import Child

SET_LINES = Child("dimensionSetLines", packaged_facts()["dimensionSetLines"], "dimension_set")
"""The dimensions of a document, of a line, of what stands in a journal."""
