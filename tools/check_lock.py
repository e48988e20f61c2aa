"""Do the lock files fit pyproject.toml?

A lock fits when everything `pyproject.toml` asks for is in it exactly once for every supported Python, in a version
that is in range, when every entry has hashes, and when the file names no index. Prints one sentence per fault; exit
code 1 if there is one.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.markers import default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parent.parent
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}(?=\s|$)")
INDEX = re.compile(r"--(?:extra-)?index-url|--find-links|--trusted-host|(?:^|\s)-[if]\s|https?://|file://")
LANGUAGE = "Programming Language :: Python :: "
RUNTIME, DEVELOPMENT = "requirements/runtime.lock", "requirements/development.lock"
# What each lock is for, as `make lock` writes it.
LOCKS: dict[str, tuple[str, ...]] = {
    RUNTIME: ("dependencies", "extra emulator", "group build"),
    DEVELOPMENT: ("dependencies", "extra emulator", "extra verify", "group build", "group dev"),
    "requirements/duckdb.lock": ("group duckdb",),
    "requirements/docs.lock": ("group docs",),
    "requirements/security.lock": ("group security",),
    "requirements/fuzz.lock": ("group fuzz",),
}


@dataclass(frozen=True, slots=True)
class LockedPackage:
    """One entry of a lock file: a pinned requirement and how many hashes allow it."""

    line: int
    requirement: Requirement
    hashes: int

    @property
    def name(self) -> str:
        """The package's name, spelled as package indexes compare names."""
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        """The pinned version, or nothing when the entry is not one `==` pin."""
        pins = [part.version for part in self.requirement.specifier if part.operator == "=="]
        return pins[0] if len(self.requirement.specifier) == 1 and pins else ""

    def applies(self, python: str) -> bool:
        """Whether pip would take this entry under a Python such as "3.10"."""
        return self.requirement.marker is None or self.requirement.marker.evaluate(environment(python))


def environment(python: str, extra: str = "") -> dict[str, str]:
    """The marker environment of this machine under another Python, such as "3.10"."""
    return {**default_environment(), "python_version": python, "python_full_version": f"{python}.0", "extra": extra}


def lock_faults(name: str, text: str, wanted: Sequence[Requirement], pythons: Sequence[str]) -> list[str]:
    """What is wrong with a lock file.

    Args:
        name: The file's name, for the messages.
        text: What is in it.
        wanted: What `pyproject.toml` asks for.
        pythons: The supported versions, such as "3.10".

    Returns:
        One sentence per fault; empty when the lock fits.
    """
    packages: list[LockedPackage] = []
    faults = [
        f"{name}:{line}: names an index or an address; a lock is the same wherever it is used."
        for line in index_lines(text)
    ]
    for line, entry in entries(text):
        package = locked_package(line, entry)
        if package is None:
            faults.append(f"{name}:{line}: is no requirement: {entry}")
        else:
            packages.append(package)
    faults += [fault for package in packages for fault in package_faults(name, package)]
    faults += [fault for want in wanted for fault in wanted_faults(name, packages, want, pythons)]
    return faults


def index_lines(text: str) -> Iterator[int]:
    return (number for number, line in enumerate(text.splitlines(), 1) if INDEX.search(line))


def entries(text: str) -> Iterator[tuple[int, str]]:
    """Entries of a requirements file with their line numbers: continued lines joined, comments and options left out."""
    start, joined = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        start = start if joined else number
        joined += line.split(" #")[0].strip().removesuffix("\\") + " "
        if line.rstrip().endswith("\\"):
            continue
        entry, joined = joined.strip(), ""
        if entry and not entry.startswith(("#", "-")):
            yield start, entry


def locked_package(line: int, entry: str) -> LockedPackage | None:
    """An entry as a pinned requirement; None when it is not a requirement."""
    try:
        requirement = Requirement(entry.split("--hash=", maxsplit=1)[0].strip())
    except InvalidRequirement:
        return None
    return LockedPackage(line, requirement, len(HASH.findall(entry)))


def package_faults(name: str, package: LockedPackage) -> Iterator[str]:
    where = f"{name}:{package.line}: {package.requirement.name}"
    if package.requirement.url or not package.version:
        yield f"{where} is not pinned to one version with `==`."
    if not package.hashes:
        yield f"{where} has no sha256 hash, so pip could not tell the package from another one of that name."


def wanted_faults(
    name: str, packages: Sequence[LockedPackage], want: Requirement, pythons: Sequence[str]
) -> Iterator[str]:
    """Faults of one requirement of the project, the first Python that shows each."""
    told = set()
    for python in pythons:
        if want.marker is not None and not want.marker.evaluate(environment(python)):
            continue
        found = [each for each in packages if each.name == canonicalize_name(want.name) and each.applies(python)]
        fault = wanted_fault(found, want)
        if fault and fault not in told:
            told.add(fault)
            yield f"{name}: for Python {python}, {fault}"


def wanted_fault(found: Sequence[LockedPackage], want: Requirement) -> str:
    if not found:
        return f"{want.name} is missing; pyproject.toml asks for {want}. Write the locks again with `make lock`."
    if len(found) > 1:
        return f"{want.name} is locked {len(found)} times: {', '.join(each.version for each in found)}."
    if not want.specifier.contains(found[0].version, prereleases=True):
        locked = f"{want.name} {found[0].version}"
        return f"{locked} is outside {want.specifier} of pyproject.toml. Write the locks again with `make lock`."
    return ""


def disagreements(runtime: str, development: str, pythons: Sequence[str]) -> Iterator[str]:
    """Packages that the two locks pin differently: what is tested would not be what is installed."""
    for python in pythons:
        first, second = versions(runtime, python), versions(development, python)
        for name in sorted(first.keys() | second.keys()):
            if name in first and first[name] != second.get(name):
                other = second.get(name, "missing")
                yield f"{name} is {first[name]} in {RUNTIME} and {other} in {DEVELOPMENT} (Python {python})."


def versions(text: str, python: str) -> dict[str, str]:
    packages = (locked_package(line, entry) for line, entry in entries(text))
    return {each.name: each.version for each in packages if each and each.applies(python)}


def supported_pythons(project: dict[str, Any]) -> list[str]:
    names = [each.removeprefix(LANGUAGE) for each in project["classifiers"] if each.startswith(LANGUAGE)]
    return [name for name in names if "." in name]


def requirements(pyproject: dict[str, Any], source: str) -> Iterator[Requirement]:
    """What one source asks for: "dependencies", "extra NAME" or "group NAME"."""
    kind, _, name = source.partition(" ")
    project = pyproject["project"]
    if kind == "group":
        yield from group_requirements(pyproject["dependency-groups"], name)
    else:
        texts = project["optional-dependencies"][name] if kind == "extra" else project["dependencies"]
        yield from (Requirement(text) for text in texts)


def group_requirements(groups: dict[str, list[Any]], name: str) -> Iterator[Requirement]:
    for entry in groups[name]:
        if isinstance(entry, dict):
            yield from group_requirements(groups, entry["include-group"])
        else:
            yield Requirement(entry)


def faults_of(root: Path) -> list[str]:
    pyproject = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    pythons = supported_pythons(pyproject["project"])
    texts, faults = {}, []
    for name, sources in LOCKS.items():
        path = root / name
        if not path.is_file():
            faults.append(f"{name}: there is no such file. Write the locks with `make lock`.")
            continue
        texts[name] = path.read_text(encoding="utf-8")
        wanted = [each for source in sources for each in requirements(pyproject, source)]
        faults += lock_faults(name, texts[name], wanted, pythons)
    return faults or list(disagreements(texts[RUNTIME], texts[DEVELOPMENT], pythons))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--root", type=Path, default=ROOT, help="folder that holds pyproject.toml and the locks")
    faults = faults_of(parser.parse_args().root)
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults:
        print(f"{len(LOCKS)} lock files fit pyproject.toml.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
