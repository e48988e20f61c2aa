"""Which lines of the Singer SDK stay out of a log that nobody has set up?

The SDK announces each stream and measures it in two lines of JSON: more than 500 lines for a run of a whole company.
What a run did is said in this project's own lines; warnings and errors of the SDK stay.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

SDK_LOG_CONFIG = "SINGER_SDK_LOG_CONFIG"
"""Names a file that sets the log up; then it is the user's own matter what it holds."""


_SAID_AGAIN = ("An unhandled error occurred while syncing", "Config validation failed")
"""How the SDK begins to tell of errors that end a run, before the run's own sentence about each."""


class WithoutTheSdk(logging.Filter):
    """Leaves out what the code of the Singer SDK says at level INFO, whatever logger it says it to.

    And what it says of an error that it passes on: the run ends with a sentence about that.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record stays."""
        if "singer_sdk" not in Path(record.pathname).parts:
            return True
        return record.levelno > logging.INFO and not str(record.msg).startswith(_SAID_AGAIN)


def leave_out_the_sdk() -> None:
    """Make the log of this process quiet, unless somebody has set it up or asked for everything (level DEBUG)."""
    root = logging.getLogger()
    if SDK_LOG_CONFIG in os.environ or root.isEnabledFor(logging.DEBUG):
        return
    for handler in root.handlers:
        if not any(isinstance(each, WithoutTheSdk) for each in handler.filters):
            handler.addFilter(WithoutTheSdk())
