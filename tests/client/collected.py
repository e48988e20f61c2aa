"""A sink that keeps what it gets."""

from __future__ import annotations


class Collected:
    """A sink that keeps what it gets."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.begun = 0
        self.announced_bytes = 0

    def begin(self, announced_bytes: int = 0) -> None:
        self.pieces.clear()
        self.announced_bytes = announced_bytes
        self.begun += 1

    def write(self, piece: bytes) -> None:
        self.pieces.append(piece)
