"""Are the licences of all packages that an installation brings such that anybody may use them with this one?

Looks at what is installed of `requirements/runtime.lock`, in the environment that runs this. Prints one sentence per
package whose licence is none of those allowed; exit code 1 if there is one.
"""

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from check_lock import LOCKS, RUNTIME, entries, locked_package

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = frozenset(
    {
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CNRI-Python", "ISC", "MIT", "MIT-0", "PSF-2.0"),
        *("Python-2.0", "Unlicense", "Zlib"),
        "MPL-2.0",  # of files: what is not changed in them may be used by anything
    }
)
"""By their names of SPDX."""
SPELLINGS: dict[str, str] = {
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
    "psfl": "PSF-2.0",
    "the unlicense (unlicense)": "Unlicense",
}
"""How packages write them that do not use those names, in small letters."""


_ALL = re.compile(r"\s+AND\s+")
_CHOICE = re.compile(r"\s+(?:OR|WITH)\s+")


def licences(of: metadata.PackageMetadata) -> list[str]:
    """The licences that a package names: as an expression, by classifiers, or in words."""
    classified = [each.rpartition(" :: ")[2] for each in of.get_all("Classifier", []) if each.startswith("License ::")]
    words = [each for each in classified if each != "OSI Approved"] or [of.get("License") or "none"]
    expression = of.get("License-Expression")
    return [
        SPELLINGS.get(each.strip().lower(), each.strip()) for each in (_ALL.split(expression) if expression else words)
    ]


def is_allowed(licence: str) -> bool:
    """Whether one of the licences that a package leaves the choice of is among those allowed."""
    return any(each.strip("() ") in ALLOWED for each in _CHOICE.split(licence))


def faults(names: Iterator[str]) -> Iterator[str]:
    for name in names:
        try:
            found = licences(metadata.metadata(name))
        except metadata.PackageNotFoundError:
            continue  # for another system or Python
        if foreign := [each for each in found if not is_allowed(each)]:
            yield f"{name} is under {', '.join(each[:60] for each in foreign)}, which is not among those allowed here."


def locked() -> Iterator[str]:
    lines = entries((ROOT / RUNTIME).read_text(encoding="utf-8"))
    yield from (package.name for line, entry in lines if (package := locked_package(line, entry)) is not None)


def main() -> int:
    assert RUNTIME in LOCKS
    found = list(faults(locked()))
    for each in found:
        print(each, file=sys.stderr)
    if not found:
        print(f"The licences of {len(set(locked()))} packages are among those allowed.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
