"""In what does the `$metadata` that the emulator publishes differ from another document?

    python tools/compare_metadata.py --metadata tenant.xml --release 28

Both documents are walked element by element: entity types, properties, keys, navigation, enums, actions, entity sets,
annotations, with all their attributes, and the order in which they stand. Each difference is a line; the exit code is 1
if there is one.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dynamics_bc_emulator.odata.catalogue import DEFAULT_RELEASE, RELEASES
from dynamics_bc_emulator.odata.documents import BadDocument, parse_document
from dynamics_bc_emulator.routes import standard_route

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.etree.ElementTree import Element

# The attributes that tell an element from its siblings, the first that it has.
_NAMES = ("Name", "Target", "Term", "Property")


def differences(ours: Element, theirs: Element, path: str = "") -> Iterator[str]:
    """What is missing, too much, other or elsewhere in the first of two elements, with all that is below."""
    if ours.attrib != theirs.attrib:
        yield f"{path}: {_attributes(ours.attrib)} instead of {_attributes(theirs.attrib)}"
    if (ours.text or "").strip() != (theirs.text or "").strip():
        yield f"{path}: the text {ours.text!r} instead of {theirs.text!r}"
    mine, other = _children(ours), _children(theirs)
    yield from (f"{path}/{name}: missing" for name in other if name not in mine)
    yield from (f"{path}/{name}: too much" for name in mine if name not in other)
    common = [name for name in other if name in mine]
    order = [name for name in mine if name in other]
    if order != common:
        first = next(there for here, there in zip(order, common, strict=True) if here != there)
        yield f"{path}: the order is another one, from {first} on"
    for name in common:
        yield from differences(mine[name], other[name], f"{path}/{name}")


def _children(element: Element) -> dict[str, Element]:
    found: dict[str, Element] = {}
    for child in element:
        name = label = _label(child)
        number = 1
        while name in found:
            number += 1
            name = f"{label}#{number}"
        found[name] = child
    return found


def _label(element: Element) -> str:
    if element.tag == "Action":
        # Actions of one name are told apart by what they are bound to.
        return f"Action {element.get('Name')} of {next((each.get('Type', '') for each in element), '')}"
    return " ".join([element.tag, *(element.get(name, "") for name in _NAMES if element.get(name))][:2])


def _attributes(attributes: Mapping[str, str]) -> str:
    return " ".join(f'{name}="{value}"' for name, value in attributes.items()) or "no attributes"


def main(arguments: list[str] | None = None) -> int:
    """Print the differences; returns 1 if there are any, 2 if the document cannot be read."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--metadata", type=Path, required=True, help="the other document")
    parser.add_argument("--release", type=int, choices=RELEASES, default=DEFAULT_RELEASE, help="of the emulator")
    parser.add_argument("--served", type=Path, help="a document that was served, instead of the release's own")
    told = parser.parse_args(arguments)
    try:
        theirs = parse_document(told.metadata.read_bytes())
        ours = parse_document(told.served.read_bytes() if told.served else standard_route(told.release).metadata)
    except (BadDocument, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    found = list(differences(ours, theirs))
    print("\n".join([*found, f"{len(found)} differences"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
