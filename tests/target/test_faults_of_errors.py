"""What does an outcome say of what the service refused?"""

from __future__ import annotations

import pytest

from dynamics_bc_client.errors import BadRequest, Forbidden
from target_dynamics_bc.kept.faults import from_error


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            Forbidden("POST x returned 403: No.", status=403, text="No.", correlation_id="c-1", request_id="r-1"),
            f"No. {Forbidden.remedy} [correlation id c-1, request id r-1]",
        ),
        (BadRequest("POST x returned 400: Bad.", status=400, text="Bad."), "Bad."),
        (
            BadRequest("", status=400, text="'_x0032_' is no option, 'Not_x0020_now' none."),
            "'2' is no option, 'Not now' none.",
        ),
        (BadRequest("POST x returned 400 and no explanation.", status=400), "POST x returned 400 and no explanation."),
    ],
)
def test_a_refusal_says_what_to_do_and_what_support_asks_for(error, message):
    assert from_error(error, "write").message == message
    assert from_error(error, "write", doing="Posting").message == f"Posting: {message}"
