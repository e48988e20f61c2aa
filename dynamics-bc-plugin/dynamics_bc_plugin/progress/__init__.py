"""How does a person see what a run is doing?

A run reports to an `Account`, which costs next to nothing; `progress` shows it: on a terminal as a live view below the
log, elsewhere as a line of the log now and then, and at the end as one line for each stream. All of it is standard
error's and the log's; standard output is never touched.
"""

from __future__ import annotations

from dynamics_bc_plugin.progress.account import Account
from dynamics_bc_plugin.progress.showing import progress

__all__ = ["Account", "progress"]
