"""How is a record called where others read it, if somebody has put a secret into its id or number?

Without the secret, and by the same name in every run: what is masked ends with a mark that follows from the whole, so
that two of them are told apart and a loader finds the same row again. The memory and the dead letters, which are for
the target alone, keep the record as it came.
"""

from __future__ import annotations

import hashlib

from dynamics_bc_client.redaction import MASK, clean

_MARK = 12
"""Digits of a mark: enough for all the records of a tenant."""


def masked(text: str | None) -> str | None:
    """An id or a number without the secrets in it; one that holds none is as it was."""
    if text is None:
        return None
    cleaned = clean(text)
    if cleaned.count(MASK) <= text.count(MASK):
        return text
    return f"{cleaned} {hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:_MARK]}"
