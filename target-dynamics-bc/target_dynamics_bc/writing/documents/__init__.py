"""How is a document found (a bill, an order), and what is written next?

Pure: `looks` says what to ask, `plan` reads the answers, `refused` says what follows a refusal. A draft is created with
its lines in one request. What it has inherited is then found by looking at it, and what differs is set in one
transaction; lines go when all else is accepted. Posting is a last step of its own. What is posted is never written to.
"""

from target_dynamics_bc.writing.documents.creating import lacks
from target_dynamics_bc.writing.documents.finding import draft
from target_dynamics_bc.writing.documents.further import further_looks
from target_dynamics_bc.writing.documents.looking import looks
from target_dynamics_bc.writing.documents.planning import plan, refused
from target_dynamics_bc.writing.documents.recognizing import alike

__all__ = ["alike", "draft", "further_looks", "lacks", "looks", "plan", "refused"]
