"""Signing in with a certificate: an assertion that is checked with numbers, and every way in which it can be wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache
from typing import Any

import pytest

from dynamics_bc_emulator.clock import Clock
from dynamics_bc_emulator.http.assertions import (
    ASSERTION_TYPE,
    BadAssertion,
    PublicKey,
    read_assertion,
    read_key,
)
from dynamics_bc_emulator.http.registrations import Application
from dynamics_bc_emulator.http.sign_in import Identities, SignIn, SignInRefusal

NOW = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
TENANT, DOMAIN, CLIENT = "7e1f5a9c-0b7d-4c57-9a64-2f6e5d8c1b30", "emulator.example", "app-with-certificate"
ENDPOINT = f"http://127.0.0.1:1/{TENANT}/oauth2/v2.0/token"


def is_prime(number: int, chance: random.Random) -> bool:
    odd, twos = number - 1, 0
    while not odd % 2:
        odd, twos = odd // 2, twos + 1
    for _ in range(12):
        found = pow(chance.randrange(2, number - 1), odd, number)
        if found in {1, number - 1}:
            continue
        for _ in range(twos - 1):
            found = found * found % number
            if found == number - 1:
                break
        else:
            return False
    return True


@dataclass(frozen=True)
class Signer:
    """A key pair of 1,024 bits, small enough to be made in a test."""

    modulus: int
    private: int
    exponent: int = 65_537

    @property
    def public(self) -> PublicKey:
        return PublicKey(self.modulus, self.exponent)

    def sign(self, message: bytes, algorithm: str) -> bytes:
        digest = hashlib.sha256(message).digest()
        encoded = pkcs_1(digest) if algorithm == "RS256" else pss(digest, self.modulus.bit_length() - 1)
        return pow(int.from_bytes(encoded, "big"), self.private, self.modulus).to_bytes(128, "big")


@cache
def signer(seed: int = 1) -> Signer:
    chance = random.Random(seed)

    def prime() -> int:
        while True:
            number = chance.getrandbits(512) | 1 | 3 << 510
            if number % 65_537 != 1 and is_prime(number, chance):
                return number

    p, q = prime(), prime()
    return Signer(p * q, pow(65_537, -1, (p - 1) * (q - 1)))


def pkcs_1(digest: bytes) -> bytes:
    told = bytes.fromhex("3031300d060960864801650304020105000420") + digest
    return b"\x00\x01" + b"\xff" * (128 - len(told) - 3) + b"\x00" + told


def pss(digest: bytes, bits: int) -> bytes:
    salt = b"s" * 32
    found = hashlib.sha256(b"\x00" * 8 + digest + salt).digest()
    block = b"\x00" * (128 - 32 - 32 - 2) + b"\x01" + salt
    mask = b"".join(hashlib.sha256(found + counter.to_bytes(4, "big")).digest() for counter in range(4))
    masked = bytearray(left ^ right for left, right in zip(block, mask, strict=False))
    masked[0] &= 0xFF >> (1024 - bits)
    return bytes(masked) + found + b"\xbc"


def text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def assertion(seed: int = 1, header: dict[str, Any] | None = None, **claims: Any) -> str:
    head = {"alg": "RS256", "typ": "JWT", **(header or {})}
    now = int(NOW.timestamp())
    told = {"iss": CLIENT, "sub": CLIENT, "aud": ENDPOINT, "nbf": now, "exp": now + 600, "jti": "1", **claims}
    signed = f"{text(json.dumps(head).encode())}.{text(json.dumps(told).encode())}"
    return f"{signed}.{text(signer(seed).sign(signed.encode(), head['alg']))}"


def der(kind: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
    return bytes([kind]) + length + content


def pem(name: str) -> str:
    """The key as a public key, or inside something like a certificate."""
    numbers = (signer().modulus.to_bytes(129, "big"), signer().exponent.to_bytes(3, "big"))
    key = der(0x30, b"".join(der(0x02, number) for number in numbers))
    info = der(0x30, der(0x30, der(0x06, b"\x2a")) + der(0x03, b"\x00" + key))
    whole = info if name == "PUBLIC KEY" else der(0x30, der(0x30, der(0x02, b"\x01") + info) + der(0x03, b"\x00" * 129))
    return f"-----BEGIN {name}-----\n{base64.encodebytes(whole).decode()}-----END {name}-----\n"


@pytest.fixture
def sign_in() -> SignIn:
    clock = Clock(NOW)
    clock.freeze(frozen=True)
    clock.set(NOW)
    made = SignIn(Identities(TENANT, DOMAIN, "first", "secret"), clock)
    made.registrations.applications[CLIENT] = Application(CLIENT, "", signer().public)
    return made


def token(sign_in: SignIn, told: str, **changes: str) -> dict[str, Any]:
    form = {
        "grant_type": "client_credentials",
        "client_id": CLIENT,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": told,
        "scope": "https://api.businesscentral.dynamics.com/.default",
        **changes,
    }
    return sign_in.token(TENANT, form, old=False)


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
@pytest.mark.parametrize(
    "audience",
    [ENDPOINT, f"https://login.microsoftonline.com/{DOMAIN}/oauth2/v2.0/token", f"https://x/{TENANT}/oauth2/token"],
)
def test_an_application_signs_in_with_what_it_signed(sign_in: SignIn, algorithm: str, audience: str) -> None:
    granted = token(sign_in, assertion(header={"alg": algorithm}, aud=audience))
    assert sign_in.principal(f"Bearer {granted['access_token']}") == CLIENT


@pytest.mark.parametrize(
    ("told", "number"),
    [
        (assertion(seed=2), 700027),
        (assertion()[:-4] + "AAAA", 700027),
        (assertion(header={"alg": "PS256"}).replace(".", "A.", 1), 50027),
        (assertion(iss="somebody"), 700021),
        (assertion(sub="somebody"), 700021),
        (assertion(aud="https://login.microsoftonline.com/other/oauth2/v2.0/token"), 700023),
        (assertion(aud=f"https://x/{TENANT}/oauth2/v2.0/authorize"), 700023),
        (assertion(exp=int(NOW.timestamp()) - 301), 700024),
        (assertion(nbf=int(NOW.timestamp()) + 301), 700024),
        (assertion(exp="soon"), 700024),
        ("hello", 50027),
        ("a.b.c", 50027),
        ("W10.W10.AA", 50027),
    ],
)
def test_an_assertion_that_is_wrong_is_refused_in_the_words_of_entra(sign_in: SignIn, told: str, number: int) -> None:
    with pytest.raises(SignInRefusal) as caught:
        token(sign_in, told)
    assert (caught.value.status, caught.value.error, caught.value.number) == (401, "invalid_client", number)


def test_an_algorithm_that_is_not_its_own_is_no_signature() -> None:
    signed = read_assertion(assertion(header={"alg": "RS256"}))
    for algorithm in ("none", "HS256", "PS256", None):
        signed.header["alg"] = algorithm
        assert not signed.is_signed_with(signer().public)


def test_an_application_with_a_secret_alone_has_no_certificate_and_the_other_way_round(sign_in: SignIn) -> None:
    with pytest.raises(SignInRefusal) as caught:
        token(sign_in, assertion(iss="first", sub="first"), client_id="first")
    assert caught.value.number == 700027
    form = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": "", "scope": ENDPOINT}
    with pytest.raises(SignInRefusal) as caught:
        sign_in.token(TENANT, form, old=True)
    assert caught.value.number == 7000215


@pytest.mark.parametrize("kind", ["", "password"])
def test_another_type_of_assertion_is_refused(sign_in: SignIn, kind: str) -> None:
    with pytest.raises(SignInRefusal) as caught:
        token(sign_in, assertion(), client_assertion_type=kind)
    assert (caught.value.status, caught.value.number) == (400, 900144)


@pytest.mark.parametrize("name", ["PUBLIC KEY", "CERTIFICATE"])
def test_a_key_is_read_from_pem(name: str) -> None:
    key = read_key(pem(name))
    assert (key.modulus, key.exponent) == (signer().modulus, signer().exponent)
    assert len(key.thumbprints) == (2 if name == "CERTIFICATE" else 0)
    assert read_assertion(assertion()).is_signed_with(key)


def test_a_header_may_name_the_certificate_and_no_other() -> None:
    key = read_key(pem("CERTIFICATE"))
    for thumbprint in key.thumbprints:
        assert not read_assertion(assertion(header={"x5t#S256": thumbprint})).names_another_certificate(key)
    assert read_assertion(assertion(header={"x5t": "other"})).names_another_certificate(key)
    assert not read_assertion(assertion(header={"x5t": "other"})).names_another_certificate(signer().public)


@pytest.mark.parametrize("told", ["", "?", "AAAA", "MAA=", "MIIB", pem("PUBLIC KEY")[:120]])
def test_what_holds_no_key_is_refused(told: str) -> None:
    with pytest.raises(BadAssertion):
        read_key(told)
