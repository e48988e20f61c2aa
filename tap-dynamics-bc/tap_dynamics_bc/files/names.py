"""What is a file called, so that no name of the service leads out of the folder or onto another file?

Files are named by key, never by what somebody called them. A part of a key that holds only small letters, digits and
dashes stands as it is: a GUID does. Every other one is made such, with a hash of it behind an underscore, which no
part of the first kind has. So two keys have two names, also where a file system takes no account of case.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PLAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", re.ASCII)
_OTHERS = re.compile(r"[^a-z0-9]+", re.ASCII)
_EXTENSION = re.compile(r"[a-z0-9]{1,10}", re.ASCII)
_SHOWN = 40
_HASH = 16

# Windows opens a device for these, whatever extension follows.
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(10))}
)

# What a double click would run.
_PROGRAMS = frozenset(
    {
        *("app", "bat", "chm", "cmd", "com", "cpl", "desktop", "dll", "exe", "hta", "inf", "jar", "js", "jse", "lnk"),
        *("msc", "msi", "msp", "ps1", "psm1", "reg", "scf", "scr", "sh", "url", "vb", "vbe", "vbs", "ws", "wsf", "wsh"),
    }
)

_OF_TYPE: Mapping[str, str] = {
    "application/pdf": "pdf",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/tiff": "tif",
    "image/webp": "webp",
}

NO_EXTENSION = "bin"


def file_path(parts: Sequence[str], extension: str) -> str:
    """Where a file is below its folder, with slashes.

    Args:
        parts: What tells it apart; the last one becomes its name, the others folders.
        extension: As from `extension_of`.
    """
    return f"{'/'.join(_safe(part) for part in parts)}.{extension}"


def extension_of(file_name: str, content_type: str) -> str:
    """The extension of a file by the name that somebody gave it, or by its type; `bin` for what no reader has.

    Args:
        file_name: The name; empty without one.
        content_type: Its MIME type; empty without one.
    """
    given = file_name.rpartition(".")[2].lower() if "." in file_name else ""
    if _EXTENSION.fullmatch(given):
        return NO_EXTENSION if given in _PROGRAMS else given
    return _OF_TYPE.get(content_type.lower(), NO_EXTENSION)


def _safe(part: str) -> str:
    if _PLAIN.fullmatch(part) and part not in _DEVICES:
        return part
    told = hashlib.sha256(part.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH]
    return f"{_OTHERS.sub('-', part.lower())[:_SHOWN].strip('-')}_{told}"
