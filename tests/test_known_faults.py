"""Is each fault that was known of the first release shown to be gone?

The faults are called R1 to R8 (rows that were lost or spoiled in silence), S1 to S17 (failures far too loud or too
wide), W1 to W24 (wrong books) and P1 to P17 (promises that broke under attack). A test that shows one gone says so in
the mark `fault`, wherever it is.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).resolve().parent
MARK = "pytest.mark.fault"
FAULTS = {
    "R1": "a set that answers 401 costs the whole company",
    "R2": "no company could be read, and the run is green",
    "R3": "an error inside a page of status 200 is taken for data",
    "R4": "one set twice in one request comes back empty",
    "R5": "rows of a posting that is rolled back stay for ever",
    "R6": "rows of a set without a whole key become one",
    "R7": "a stream that is missing from the metadata is a warning",
    "R8": "sets of the environment are asked for below each company",
    "S1": "an expansion that is refused costs its parents",
    "S2": "an expansion that is refused is searched for row by row",
    "S3": "a connection that breaks off ends the run",
    "S4": "a table of blank stamps is read whole in every run",
    "S5": "next links in a circle never end",
    "S6": "a catalog entry without keys makes a SCHEMA without keys",
    "S7": "a stream map for all streams ends the run",
    "S8": "half a surrogate makes a set unreadable",
    "S9": "an expanded list that goes on elsewhere makes a set unreadable",
    "S10": "a state file that is not there yet, or is wrapped, is refused",
    "S11": "when the environment goes away every set is tried for hours",
    "S12": "stamps of other spellings, complex types and offsets are not understood",
    "S13": "what is no page of rows is reported in a parser's words",
    "S14": "a company that is refused in other words fails set by set",
    "S15": "the replication key of a catalog is ignored",
    "S16": "batches of parquet end without pyarrow behind the SCHEMA",
    "S17": "the state of a renamed environment is refused",
    "W1": "NaN becomes text: two bills become one",
    "W2": "a value that the service did not keep is posted",
    "W3": "lines that the record does not have are posted with it",
    "W4": "the currency of an entry or a payment is ignored",
    "W5": "a bill's dimension does not reach its lines",
    "W6": "a net price is booked as a gross one",
    "W7": "a batch that fails as a whole rejects all its records",
    "W8": "what the service rounded counts as a difference",
    "W9": "numbers, lists and codes in the spelling of others are not understood",
    "W10": "fields that nothing reads are not mentioned",
    "W11": "a posting that was refused and carried out is called refused",
    "W12": "the balancing account of a batch stays on a line",
    "W13": "each posted entry leaves a batch behind",
    "W14": "a payment to a vendor with a currency is booked in the local one",
    "W15": "payments of other people are not seen, and made a second time",
    "W16": "match keys are read in one place and ignored in another",
    "W17": "a refused update empties a draft",
    "W18": "an update of more than a hundred writes is half done",
    "W19": "a column more or less changes what null means",
    "W20": "a bill in Business Central's names without an id is refused",
    "W21": "a company whose dimensions may not be read ends the run",
    "W22": "what somebody changed between look and write is overwritten",
    "W23": "work and output grow with the square of the records",
    "W24": "an update without a number of the bill overwrites the one it has",
    "P1": "a store of another environment is believed",
    "P2": "a create that is carried out late leaves a copy to be posted",
    "P3": "a kill while a bill is created doubles it",
    "P4": "two runs at once double every bill",
    "P5": "what could not be turned back stays for good",
    "P6": "one record ends the file with a traceback",
    "P7": "NaN becomes 0 in the books",
    "P8": "a replay that is killed loses records",
    "P9": "what somebody adds at the moment of posting is posted in silence",
    "P10": "a corrected dimension mapping changes nothing",
    "P11": "an outage of a minute ends the run",
    "P12": "a proxy is asked for this machine, and sees the secret",
    "P13": "secrets that the service repeats reach logs",
    "P14": "odd tokens, files and answers end in a traceback",
    "P15": "an answer may be of any size",
    "P16": "files of the store are readable by everyone, and a server's clock is believed",
    "P17": "odd controls are taken, and the emulator fails later",
}


def marked(folder: Path) -> Iterator[tuple[str, str, bool]]:
    """Fault, test and whether the test may fail, of all files of a folder."""
    for path in sorted(folder.glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                marks = [ast.unparse(each) for each in node.decorator_list]
                excused = any(each.startswith(("pytest.mark.skip", "pytest.mark.xfail")) for each in marks)
                for each in node.decorator_list:
                    if isinstance(each, ast.Call) and ast.unparse(each.func) == "pytest.mark.fault":
                        yield from (
                            (ast.literal_eval(name), f"{path.name}::{node.name}", excused) for name in each.args
                        )


def test_each_known_fault_is_shown_to_be_gone():
    shown = [each for folder in sorted(TESTS.iterdir()) if folder.is_dir() for each in marked(folder)]
    assert {name for name, _, _ in shown} <= set(FAULTS)
    assert sorted(FAULTS.keys() - {name for name, _, excused in shown if not excused}) == []
