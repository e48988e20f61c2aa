"""The sign-in service: token, device code and authorize endpoints, and whether an access token is good."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.http.assertions import ASSERTION_TYPE, BadAssertion, read_assertion
from dynamics_bc_emulator.http.registrations import DEFAULT_USER, Application, Registrations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dynamics_bc_emulator.http.assertions import Assertion

AUDIENCE = "https://api.businesscentral.dynamics.com"
REFRESH_TOKEN_LIFE = timedelta(days=90)
DEVICE_CODE_SECONDS = 900
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
# Lives that the old endpoint was seen to give; it spells them as text.
_OLD_LIVES = (4029, 3852, 5386, 4711)
_NEW_LIFE = 3599
# Clocks may differ by five minutes.
_SKEW = 300
_TOKEN_ENDPOINT = re.compile(r"^https?://[^/]+/(?P<tenant>[^/]+)/oauth2(?:/v2\.0)?/token$")
_SCOPE = "Financials.ReadWrite.All user_impersonation"


class SignInRefusal(Exception):  # noqa: N818 - a response of the service, not a failure of this program
    """A refusal of the sign-in service."""

    def __init__(self, status: int, error: str, number: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.error = error
        self.number = number
        self.sentence = sentence

    def body(self, now: datetime) -> dict[str, Any]:
        """The refusal as JSON, in the shape of Microsoft Entra."""
        trace, correlation, moment = str(uuid.uuid4()), str(uuid.uuid4()), f"{now:%Y-%m-%d %H:%M:%S}Z"
        ids = f"Trace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {moment}"
        return {
            "error": self.error,
            "error_description": f"AADSTS{self.number}: {self.sentence}\r\n{ids}",
            "error_codes": [self.number],
            "timestamp": moment,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.number}",
        }


@dataclass(frozen=True, slots=True)
class Identities:
    """The tenant, and the application that is always in it."""

    tenant_id: str
    tenant_domain: str
    client_id: str
    client_secret: str


@dataclass(slots=True)
class DeviceCode:
    """A sign-in that waits for somebody to enter the user code."""

    user_code: str
    issued: datetime
    state: str = "authorization_pending"
    user: str = DEFAULT_USER


@dataclass(slots=True)
class _AuthorizationCode:
    redirect_uri: str
    challenge: str | None
    user: str


@dataclass(frozen=True, slots=True)
class _RefreshToken:
    issued: datetime
    client_id: str
    user: str


@dataclass
class SignIn:
    """Tokens of the emulator's one tenant."""

    identities: Identities
    clock: Callable[[], datetime]
    registrations: Registrations = field(init=False)
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _refresh_tokens: dict[str, _RefreshToken] = field(default_factory=dict)
    _devices: dict[str, DeviceCode] = field(default_factory=dict)
    _codes: dict[str, _AuthorizationCode] = field(default_factory=dict)
    _old_lives: Iterator[int] = field(default_factory=lambda: cycle(_OLD_LIVES))

    def __post_init__(self) -> None:
        """Register the first application."""
        self.registrations = Registrations(Application(self.identities.client_id, self.identities.client_secret))

    @property
    def default_user(self) -> str:
        """Whoever signs in by hand and says no other name."""
        return DEFAULT_USER

    def reset(self) -> None:
        """Forget registrations, refresh tokens and pending sign-ins; access tokens stay good until they expire."""
        self.registrations.reset()
        self._refresh_tokens.clear()
        self._devices.clear()
        self._codes.clear()
        self._old_lives = cycle(_OLD_LIVES)

    def token(self, tenant: str, form: Mapping[str, str], *, old: bool) -> dict[str, Any]:
        """Answer the token endpoint.

        Args:
            tenant: The path's tenant: id, domain, `common` or `organizations`.
            form: The body.
            old: Whether it is the v1 endpoint, which knows resources instead of scopes and spells numbers as text.

        Raises:
            SignInRefusal: The request is refused.
        """
        self._check_tenant(tenant)
        grant = self._required(form, "grant_type")
        self._check_client(form, public=grant == _DEVICE_GRANT or "code_verifier" in form)
        if not old:
            self._check_scope(form, grant)
        if grant == "client_credentials":
            return self._client_credentials(tenant, form["client_id"], old=old)
        if grant == "refresh_token":
            user = self._user_of_refresh_token(self._required(form, "refresh_token"))
        elif grant == _DEVICE_GRANT:
            user = self._user_of_device(self._required(form, "device_code"))
        elif grant == "authorization_code":
            user = self._user_of_code(form)
        else:
            raise SignInRefusal(
                400, "unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{grant}'."
            )
        client_id = form["client_id"]
        token = self._access_token(client_id, user, old=old)
        return {**token, "refresh_token": self.new_refresh_token(client_id, user)}

    def device_code(self, tenant: str, form: Mapping[str, str], page: str) -> dict[str, Any]:
        """Start a sign-in on another device; `page` is where the user code is entered."""
        self._check_tenant(tenant)
        self._check_client(form, public=True)
        code, user_code = secrets.token_urlsafe(48), secrets.token_hex(5).upper()[:9]
        self._devices[code] = DeviceCode(user_code, self.clock())
        return {
            "user_code": user_code,
            "device_code": code,
            "verification_uri": page,
            "expires_in": DEVICE_CODE_SECONDS,
            "interval": 5,
            "message": f"To sign in, open the page {page} in a web browser and enter the code {user_code}.",
        }

    def decide_device(self, user_code: str, *, approve: bool, user: str = DEFAULT_USER) -> bool:
        """What a user says about a code; False if there is no such code."""
        devices = [device for device in self._devices.values() if device.user_code == user_code.strip().upper()]
        for device in devices:
            device.state, device.user = "approved" if approve else "authorization_declined", user
        return bool(devices)

    def authorization_code(self, tenant: str, query: Mapping[str, str]) -> str:
        """A code for a browser that was sent here; the user, whom `login_hint` may name, is always willing."""
        self._check_tenant(tenant)
        self._check_client(query, public=True)
        code = secrets.token_urlsafe(32)
        user = query.get("login_hint") or DEFAULT_USER
        redirect_uri = self._required(query, "redirect_uri")
        self._codes[code] = _AuthorizationCode(redirect_uri, query.get("code_challenge"), user)
        return code

    def new_refresh_token(self, client_id: str, user: str) -> str:
        """A refresh token of a user for an application, good for 90 days of the emulator's clock."""
        token = f"1.A{secrets.token_urlsafe(48)}"
        self._refresh_tokens[token] = _RefreshToken(self.clock(), client_id, user)
        return token

    def principal(self, authorization: str) -> str | None:
        """Whom a bearer token stands for, an application by its id and a user by name; None if it is not good."""
        scheme, _, token = authorization.partition(" ")
        head, _, signature = token.rpartition(".")
        if scheme.lower() != "bearer" or not hmac.compare_digest(signature, self._signature(head)):
            return None
        payload = json.loads(_from_base64(head.partition(".")[2]))
        return str(payload["sub"]) if payload["exp"] > self.clock().timestamp() else None

    def _client_credentials(self, tenant: str, client_id: str, *, old: bool) -> dict[str, Any]:
        if tenant.lower() in {"common", "organizations"}:
            sentence = "Application tokens cannot be issued via the /common or /consumers endpoints; name the tenant."
            raise SignInRefusal(400, "invalid_request", 90076, sentence)
        return self._access_token(client_id, None, old=old)

    def _access_token(self, client_id: str, user: str | None, *, old: bool) -> dict[str, Any]:
        life = next(self._old_lives) if old else _NEW_LIFE
        now = int(self.clock().timestamp())
        # An application has roles; a user has lent it a scope.
        theirs = {"scp": _SCOPE, "upn": user} if user else {"roles": ["API.ReadWrite.All", "app_access"]}
        claims = {
            "aud": AUDIENCE,
            "appid": client_id,
            "exp": now + life,
            "iat": now,
            **theirs,
            "sub": user or client_id,
            "tid": self.identities.tenant_id,
            "uti": secrets.token_urlsafe(12),
        }
        head = ".".join(_to_base64(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
        token = f"{head}.{self._signature(head)}"
        if not old:
            return {"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": token}
        times = {
            "expires_in": str(life),
            "ext_expires_in": str(life),
            "expires_on": str(now + life),
            "not_before": str(now),
        }
        return {"token_type": "Bearer", "scope": _SCOPE, **times, "resource": AUDIENCE, "access_token": token}

    def _signature(self, head: str) -> str:
        return _to_base64(hmac.new(self._key, head.encode(), hashlib.sha256).digest())

    def _check_tenant(self, tenant: str) -> None:
        known = {self.identities.tenant_id, self.identities.tenant_domain, "common", "organizations"}
        if tenant.lower() not in known:
            sentence = f"Tenant '{tenant}' not found. Check that the tenant ID and the cloud are the right ones."
            raise SignInRefusal(400, "invalid_request", 90002, sentence)

    def _check_client(self, form: Mapping[str, str], *, public: bool) -> None:
        client_id = self._required(form, "client_id")
        known = self.registrations.applications.get(client_id)
        if known is None:
            directory = self.identities.tenant_domain
            sentence = f"Application with identifier '{client_id}' was not found in the directory '{directory}'."
            raise SignInRefusal(400, "unauthorized_client", 700016, sentence)
        if "client_assertion" in form:
            self._check_assertion(form, known)
            return
        if "client_secret" not in form:
            if public or form.get("grant_type") == "refresh_token":
                return
            sentence = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
            raise SignInRefusal(401, "invalid_client", 7000218, sentence)
        is_right = hmac.compare_digest(form["client_secret"].encode(), known.client_secret.encode())
        if not (known.client_secret and is_right):
            sentence = (
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
                f"value, not the client secret ID, for a secret added to app '{client_id}'."
            )
            raise SignInRefusal(401, "invalid_client", 7000215, sentence)

    def _check_assertion(self, form: Mapping[str, str], application: Application) -> None:
        """Check what an application signed with its certificate's key instead of naming a secret."""
        if self._required(form, "client_assertion_type") != ASSERTION_TYPE:
            sentence = f"The value of 'client_assertion_type' is not supported; it is '{ASSERTION_TYPE}'."
            raise SignInRefusal(400, "invalid_request", 900144, sentence)
        try:
            assertion = read_assertion(form["client_assertion"])
        except BadAssertion as bad:
            raise SignInRefusal(401, "invalid_client", 50027, "JWT token is invalid or malformed.") from bad
        if fault := self._fault_of(assertion, application):
            number, sentence = fault
            raise SignInRefusal(401, "invalid_client", number, sentence)

    def _fault_of(self, assertion: Assertion, application: Application) -> tuple[int, str] | None:
        """The first thing that is wrong with an assertion: its number, and a sentence."""
        claims, now = assertion.claims, self.clock().timestamp()
        if application.key is None or assertion.names_another_certificate(application.key):
            about = (
                "The certificate with identifier used to sign the client assertion is not registered on application."
            )
            return 700027, about
        if not assertion.is_signed_with(application.key):
            return 700027, "Client assertion failed signature validation."
        if {claims.get("iss"), claims.get("sub")} != {application.client_id}:
            return 700021, "Client assertion application identifier doesn't match 'client_id' parameter."
        if not self._is_own_endpoint(str(claims.get("aud", ""))):
            return 700023, "Client assertion audience claim does not match Realm issuer."
        if not (_seconds(claims, "nbf", now) <= now + _SKEW and now < _seconds(claims, "exp", 0) + _SKEW):
            return 700024, "Client assertion is not within its valid time range."
        return None

    def _is_own_endpoint(self, audience: str) -> bool:
        """Whether an audience is a token endpoint of this tenant, wherever its host is."""
        tenants = {self.identities.tenant_id, self.identities.tenant_domain}
        return bool((found := _TOKEN_ENDPOINT.search(audience)) and found["tenant"].lower() in tenants)

    def _check_scope(self, form: Mapping[str, str], grant: str) -> None:
        scope = form.get("scope", "")
        if not scope:
            if grant == "client_credentials":
                self._required(form, "scope")
            return
        for one in scope.split():
            if one not in {"offline_access", "openid", "profile"} and not one.startswith(AUDIENCE):
                sentence = f"The value of the input parameter 'scope' is not valid: {one}."
                raise SignInRefusal(400, "invalid_scope", 70011, sentence)

    def _user_of_refresh_token(self, token: str) -> str:
        known = self._refresh_tokens.get(token)
        if known is None:
            raise SignInRefusal(400, "invalid_grant", 9002313, "Invalid request. Request is malformed or invalid.")
        if self.clock() - known.issued >= REFRESH_TOKEN_LIFE:
            sentence = (
                "The refresh token has expired due to inactivity. The token was issued on "
                f"{known.issued:%Y-%m-%dT%H:%M:%S}.0000000Z and was inactive for 90.00:00:00."
            )
            raise SignInRefusal(400, "invalid_grant", 700082, sentence)
        return known.user

    def _user_of_device(self, code: str) -> str:
        device = self._devices.get(code)
        if device is None:
            raise SignInRefusal(
                400,
                "bad_verification_code",
                7000014,
                "The provided value for the input parameter 'device_code' is not valid.",
            )
        if self.clock() - device.issued >= timedelta(seconds=DEVICE_CODE_SECONDS):
            raise SignInRefusal(
                400, "expired_token", 70020, "The provided value for the input parameter 'device_code' has expired."
            )
        if device.state == "authorization_declined":
            raise SignInRefusal(400, device.state, 70018, "The user declined the authorization request.")
        if device.state != "approved":
            sentence = "OAuth 2.0 device flow error. Authorization is pending. Continue polling."
            raise SignInRefusal(400, device.state, 70016, sentence)
        del self._devices[code]
        return device.user

    def _user_of_code(self, form: Mapping[str, str]) -> str:
        code = self._codes.pop(self._required(form, "code"), None)
        if code is None or code.redirect_uri != form.get("redirect_uri"):
            raise SignInRefusal(
                400, "invalid_grant", 70000, "The provided authorization code is not valid for this request."
            )
        if code.challenge is not None:
            proof = _to_base64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
            if proof != code.challenge:
                raise SignInRefusal(
                    400, "invalid_grant", 501481, "The Code_Verifier does not match the code_challenge."
                )
        return code.user

    def _required(self, form: Mapping[str, str], name: str) -> str:
        if not form.get(name):
            raise SignInRefusal(
                400, "invalid_request", 900144, f"The request body must contain the following parameter: '{name}'."
            )
        return form[name]


def _seconds(claims: Mapping[str, Any], name: str, otherwise: float) -> float:
    """A moment of a claim; one that is none is the other."""
    told = claims.get(name, otherwise)
    return float(told) if isinstance(told, (int, float)) else 0.0


def _to_base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _from_base64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
