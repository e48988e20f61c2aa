"""How is a journal entry or a payment found, and what is written next?

Pure: `looks` says what to ask, `plan` reads the answers, `refused` says what follows a refusal. A draft is lines in a
journal that people use. One that is to be posted goes into a journal batch of its own, because posting a journal posts
every line in it; the batch is removed afterwards. What is posted is found in the general ledger, by document number and
posting date.

Lines carry ids of ours, derived from the entry's identity and their place, so the service itself refuses a second copy.
"""

from target_dynamics_bc.writing.journals.looking import further_looks, looks
from target_dynamics_bc.writing.journals.planning import alike, draft, plan, refused
from target_dynamics_bc.writing.journals.posting import lacks

__all__ = ["alike", "draft", "further_looks", "lacks", "looks", "plan", "refused"]
