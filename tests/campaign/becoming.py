"""A process that was forked becomes one of our programs, with limits of its own."""

from __future__ import annotations

import os
import resource
import signal
import sys
from multiprocessing import util
from typing import TYPE_CHECKING, Any, NoReturn

from campaign.clocks import begin
from warm_start import _run

from dynamics_bc_client import token_requests

if TYPE_CHECKING:
    from collections.abc import Mapping


# Modules hold on to standard input as it was when they were imported; what forks us would close it.
util._close_stdin = lambda: None  # type: ignore[attr-defined]


def become(order: Mapping[str, Any]) -> NoReturn:
    """Be the program of an order until it ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    os.chdir(order["folder"])
    for descriptor, path in enumerate(order["streams"]):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT if descriptor else os.O_RDONLY, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    if order["file_bytes"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["file_bytes"], order["file_bytes"]))
    resource.setrlimit(resource.RLIMIT_AS, (order["memory_bytes"], order["memory_bytes"]))
    os.environ.update({"NO_COLOR": "1", **order["variables"]})
    sys.argv = list(order["arguments"])
    begin(order["clock"])
    if seconds := order["timeout_seconds"]:
        # Who is to wait for a short time only waits no longer for a token, of which no setting says how long.
        token_requests.TIMEOUT_SECONDS = seconds
    # Only from here on is it the program that is interrupted.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        _run(sys.modules[order["module"]].main)
    except OSError:
        # As the interpreter ends that cannot write what is left.
        os._exit(120)
