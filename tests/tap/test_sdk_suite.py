"""Does the tap pass the SDK's own suite?

The suite asks for the streams when this file is collected, so an emulator of its own is started here. It makes one test
of every property of every stream; a dozen streams stand for the others, of each kind one: listed, fed by one parent, by
parents of several kinds, by one row each, with stamps of their own below a parent, of the environment. `test_reads.py`
has the values of all streams.
"""

from __future__ import annotations

import atexit
from functools import cached_property
from typing import TYPE_CHECKING

from emulator_control import start_emulator
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from dynamics_bc_client.odata.metadata import Metadata
from tap_dynamics_bc.streams.discovery import describe_streams
from tap_dynamics_bc.tap import TapDynamicsBC

if TYPE_CHECKING:
    from tap_dynamics_bc.streams.description import Stream

SAMPLE = (
    "companies",
    "companyInformation",
    "customers",
    "defaultDimensions",
    "dimensionSetLines",
    "generalLedgerEntries",
    "items",
    "journalLines",
    "journals",
    "pictures",
    "salesInvoiceLines",
    "salesInvoices",
    "vendors",
)


class SampledTap(TapDynamicsBC):
    """The tap on an environment with a few entity sets."""

    @cached_property
    def descriptions(self) -> dict[str, Stream]:
        sets = self.client.metadata().entity_sets
        return describe_streams(Metadata({name: sets[name] for name in SAMPLE}))


_emulator = start_emulator("--requests-per-window", "1000000")
atexit.register(_emulator.stop)

TestTapDynamicsBC = get_tap_test_class(
    SampledTap,
    config=_emulator.config(),
    # Everything: bookmarks and bytes are what is worth a test here, not a sample of the rows.
    suite_config=SuiteConfig(max_records_limit=None),
    parse_env_config=False,
)
