"""How a metadata document of somebody else's is read as XML: no document type, no entities, no end of memory.

A document type may define entities that grow a small file into gigabytes or that read other files. Metadata needs none,
so a document that has one is refused whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

if TYPE_CHECKING:
    from typing import NoReturn

# The document of a tenant with dozens of extensions has some 5 MB.
LIMIT_BYTES = 64 * 1024 * 1024
_SEPARATOR = " "


class BadDocument(ValueError):  # noqa: N818 - it is the document that is bad
    """A document that cannot be served; the text says why in one sentence."""


def parse_document(data: bytes) -> Element:
    """The root of a document; names are without their namespaces.

    Raises:
        BadDocument: It is no XML, is too large, or has a document type.
    """
    if len(data) > LIMIT_BYTES:
        raise BadDocument(f"The document has {len(data)} bytes; at most {LIMIT_BYTES} are read.")
    builder = TreeBuilder()
    parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = lambda name, attributes: builder.start(_local(name), attributes)
    parser.EndElementHandler = lambda name: builder.end(_local(name))
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise BadDocument(
            f"The document is not XML: line {error.lineno}, column {error.offset + 1}: {expat.ErrorString(error.code)}."
        ) from None
    return builder.close()


def _local(name: str) -> str:
    return name.rpartition(_SEPARATOR)[2]


def _refuse(*_: object) -> NoReturn:
    raise BadDocument("The document has a document type (<!DOCTYPE>); metadata needs none, and it is not read.")
