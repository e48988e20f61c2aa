"""Options that cannot be had: a sentence that says what to do, and exit code 2."""

from __future__ import annotations

import click


class Unusable(click.ClickException):
    """Options that fit no machine like this one."""

    exit_code = 2
