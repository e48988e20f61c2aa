"""Whether a client assertion is good: a JWT that an application signed with its certificate's key, RS256 or PS256.

Certificates are preferred to secrets. The signature is checked with numbers alone, so that nothing has to be installed;
it guards made-up data on this machine.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_HASH_LENGTH = 32
# DER's identifiers.
_INTEGER, _BIT_STRING, _SEQUENCE = 0x02, 0x03, 0x30
_CONSTRUCTED = 0x20
# What PKCS #1 puts before a SHA-256.
_SHA_256 = bytes.fromhex("3031300d060960864801650304020105000420")


class BadAssertion(Exception):  # noqa: N818 - says what it is
    """It is no JWT that could be checked, or no key that could be read."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An RSA key to check signatures with.

    Attributes:
        thumbprints: Of the certificate that it came in, as `x5t#S256` and `x5t` have them; none of a bare key.
    """

    modulus: int
    exponent: int
    thumbprints: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Assertion:
    """A JWT, read and not yet checked."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signed: bytes
    signature: bytes

    def is_signed_with(self, key: PublicKey) -> bool:
        """Whether the key's owner signed it."""
        length = (key.modulus.bit_length() + 7) // 8
        number = int.from_bytes(self.signature, "big")
        if len(self.signature) != length or number >= key.modulus:
            return False
        message = pow(number, key.exponent, key.modulus).to_bytes(length, "big")
        digest = hashlib.sha256(self.signed).digest()
        if self.header.get("alg") == "RS256":
            return message == _pkcs_1(digest, length)
        return self.header.get("alg") == "PS256" and _is_pss(message, digest, key.modulus.bit_length() - 1)

    def names_another_certificate(self, key: PublicKey) -> bool:
        """Whether its header names a certificate, and not the one of the key."""
        named = {self.header.get("x5t#S256"), self.header.get("x5t")} - {None}
        return bool(named) and bool(key.thumbprints) and key.thumbprints.isdisjoint(named)


def read_assertion(text: str) -> Assertion:
    """Read a JWT.

    Raises:
        BadAssertion: It is none.
    """
    signed, _, signature = text.rpartition(".")
    head, _, body = signed.partition(".")
    try:
        header, claims = json.loads(_bytes(head)), json.loads(_bytes(body))
        read = Assertion(header, claims, signed.encode("ascii"), _bytes(signature))
    except (ValueError, binascii.Error) as error:
        raise BadAssertion("it is no JWT") from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise BadAssertion("it is no JWT")
    return read


def read_key(pem: str) -> PublicKey:
    """The RSA key of a certificate or of a public key, as PEM.

    Raises:
        BadAssertion: There is none in it.
    """
    lines = [line.strip() for line in pem.strip().splitlines()]
    try:
        der = base64.b64decode("".join(line for line in lines if not line.startswith("-----")), validate=True)
    except binascii.Error as error:
        raise BadAssertion("a certificate is PEM") from error
    numbers = next(_rsa_keys(der), None)
    if numbers is None:
        raise BadAssertion("there is no RSA key in the certificate")
    is_certificate = any("CERTIFICATE" in line for line in lines)
    prints = (hashlib.sha256(der).digest(), hashlib.sha1(der, usedforsecurity=False).digest())  # x5t's
    return PublicKey(*numbers, frozenset(map(_text, prints)) if is_certificate else frozenset())


def _pkcs_1(digest: bytes, length: int) -> bytes:
    told = _SHA_256 + digest
    return b"\x00\x01" + b"\xff" * (length - len(told) - 3) + b"\x00" + told


def _is_pss(message: bytes, digest: bytes, bits: int) -> bool:
    """Whether a message is a hash as EMSA-PSS encodes it, with a salt as long as the hash (RFC 8017, 9.1.2)."""
    encoded = message[-((bits + 7) // 8) :]
    masked, found = encoded[: -_HASH_LENGTH - 1], encoded[-_HASH_LENGTH - 1 : -1]
    if encoded[-1:] != b"\xbc" or len(masked) < _HASH_LENGTH + 1:
        return False
    mask = _mask(found, len(masked))
    block = bytearray(left ^ right for left, right in zip(masked, mask, strict=True))
    block[0] &= 0xFF >> (8 * len(encoded) - bits)
    padding, salt = bytes(block[:-_HASH_LENGTH]), bytes(block[-_HASH_LENGTH:])
    if padding != b"\x00" * (len(padding) - 1) + b"\x01":
        return False
    return hashlib.sha256(b"\x00" * 8 + digest + salt).digest() == found


def _mask(seed: bytes, length: int) -> bytes:
    blocks = (hashlib.sha256(seed + counter.to_bytes(4, "big")).digest() for counter in range(length // 32 + 1))
    return b"".join(blocks)[:length]


def _rsa_keys(der: bytes) -> Iterator[tuple[int, int]]:
    """Modulus and exponent of every RSA key in a DER structure; a certificate's own comes first."""
    try:
        for kind, content in _elements(der):
            if kind == _BIT_STRING:
                yield from _key_of(content[1:])
            elif kind & _CONSTRUCTED:
                yield from _rsa_keys(content)
    except IndexError:
        return


def _key_of(der: bytes) -> Iterator[tuple[int, int]]:
    inner = list(_elements(der))
    if len(inner) != 1 or inner[0][0] != _SEQUENCE:
        return
    numbers = list(_elements(inner[0][1]))
    if [kind for kind, _ in numbers] == [_INTEGER, _INTEGER]:
        modulus, exponent = (int.from_bytes(content, "big") for _, content in numbers)
        yield modulus, exponent


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements that follow each other: what each is, and its content."""
    place = 0
    while place < len(der):
        kind, length = der[place], der[place + 1]
        place += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(der[place : place + size], "big")
            place += size
        if place + length > len(der):
            return
        yield kind, der[place : place + length]
        place += length


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
