"""What is asked of a token endpoint, and what do its responses mean? No network here.

Microsoft's advice for errors: branch on `error`, show the rest. The numbers (AADSTS...) choose the wording for people
alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec

from dynamics_bc_client.errors import (
    DynamicsError,
    Repeat,
    SignInError,
    TooManyRequests,
    Transient,
    UnexpectedAnswer,
)
from dynamics_bc_client.limits import TOKEN_BYTES, TOKEN_CHARACTERS
from dynamics_bc_client.odata.decoding import decode
from dynamics_bc_client.redaction import clean
from dynamics_bc_client.responses import ID_SHOWN, cut, error_details
from dynamics_bc_client.settings import DEFAULT_SCOPE, ConnectionSettings, Secret
from dynamics_bc_client.sign_in_remedies import BY_CODE, remedy_for
from dynamics_bc_client.token_end import token_end
from dynamics_bc_client.transport import Request, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_SECONDS = 60.0
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
PASSING_ERRORS = frozenset({"temporarily_unavailable", "server_error"})
PASSING_STATUSES = frozenset({408, 423, 429, 500})
SENTENCE_SHOWN = 1_000
"""Characters of what a token endpoint says; Entra's sentences name apps, tenants, users and addresses in full."""
_ANYTHING = msgspec.json.Decoder()
# A token ends this much earlier for us: a page that waits in the service's queue must still find it valid.
MARGIN_SECONDS = 300.0
MARGIN_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Tokens:
    """What signs requests.

    Attributes:
        access_token: Sent with each request.
        expires_at: When it ends, in seconds since 1970; None when nobody said.
        renew_at: From when on it is not used any more; None for until it is refused.
        refresh_token: What gets the next one; None when the way to sign in has none.
    """

    access_token: Secret
    expires_at: float | None = None
    renew_at: float | None = None
    refresh_token: Secret | None = None

    @classmethod
    def lasting(
        cls, access_token: Secret, expires_at: float | None, now: float, refresh_token: Secret | None = None
    ) -> Tokens:
        """Tokens that are renewed five minutes before their end, or when a tenth of their time is left."""
        margin = 0.0 if expires_at is None else min(MARGIN_SECONDS, max(0.0, expires_at - now) * MARGIN_SHARE)
        return cls(access_token, expires_at, None if expires_at is None else expires_at - margin, refresh_token)

    def usable(self, now: float) -> bool:
        """Whether the access token may be sent."""
        return self.renew_at is None or now < self.renew_at


# --- requests ---------------------------------------------------------------------------------------------------------


def refresh_request(settings: ConnectionSettings, refresh_token: Secret) -> Request:
    """A new access token, and mostly a new refresh token, for the old one."""
    form = {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token.reveal(),
        "client_id": settings.client_id,
        "client_secret": settings.client_secret.reveal() if settings.client_secret else None,
        "redirect_uri": settings.redirect_uri,
        "scope": settings.scope or f"{DEFAULT_SCOPE} offline_access",
    }
    return _form_request(settings, settings.token_url, form)


def client_credentials_request(settings: ConnectionSettings) -> Request:
    """An access token for the app itself."""
    form = {
        "grant_type": "client_credentials",
        "client_id": settings.client_id,
        "client_secret": settings.client_secret.reveal() if settings.client_secret else None,
        "scope": settings.scope or DEFAULT_SCOPE,
    }
    return _form_request(settings, settings.token_url, form)


def device_code_request(settings: ConnectionSettings) -> Request:
    """A code that a person types into a browser."""
    form = {"client_id": settings.client_id, "scope": settings.scope or f"{DEFAULT_SCOPE} offline_access"}
    return _form_request(settings, settings.token_url.removesuffix("token") + "devicecode", form)


def device_token_request(settings: ConnectionSettings, device_code: Secret) -> Request:
    """Whether that person has done so."""
    form = {"grant_type": DEVICE_GRANT, "device_code": device_code.reveal(), "client_id": settings.client_id}
    return _form_request(settings, settings.token_url, form)


def hotglue_request(settings: ConnectionSettings) -> Request:
    """An access token from HotGlue, which keeps the refresh token itself.

    Raises:
        ValueError: The settings are not those of a HotGlue job.
    """
    if settings.hotglue is None:
        raise ValueError("These settings are not those of a HotGlue job.")
    headers = {
        "x-api-key": settings.hotglue.api_key.reveal(),
        "Accept": "application/json",
        "User-Agent": settings.user_agent,
    }
    return Request("GET", settings.hotglue.token_url, headers, None, TIMEOUT_SECONDS, most_bytes=TOKEN_BYTES)


def _form_request(settings: ConnectionSettings, url: str, form: Mapping[str, str | None]) -> Request:
    given = {name: value for name, value in form.items() if value}
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
        "User-Agent": settings.user_agent,
    }
    body = urlencode(given).encode()
    return Request("POST", url, headers, body, TIMEOUT_SECONDS, most_bytes=TOKEN_BYTES)


# --- responses --------------------------------------------------------------------------------------------------------


def to_tokens(
    response: Response, settings: ConnectionSettings, *, by: str, now: float, previous: Secret | None = None
) -> Tokens:
    """The tokens of a response.

    Args:
        response: The response.
        settings: For names in messages.
        by: How we tried to sign in, such as "with the refresh token".
        now: Seconds since 1970.
        previous: The refresh token that was used: it stays good when no other one comes back.

    Raises:
        DynamicsError: The response has no access token, or none that can be sent.
    """
    if response.status != 200:
        raise to_sign_in_error(response, settings, by=by)
    fields = _json_object(response.body)
    access_token = fields.get("access_token")
    refresh_token = fields.get("refresh_token")
    # What is secret is remembered in many spellings, so that one without an end would take all memory.
    is_short = all(len(each) <= TOKEN_CHARACTERS for each in (access_token, refresh_token) if isinstance(each, str))
    if not is_short or not isinstance(access_token, str) or not (access_token.isascii() and access_token.isprintable()):
        # A proxy that wants something else of us first answers so for a moment; a wrong address does for good.
        raise SignInError(
            f"Signing in {by} returned 200 without an access token that can be used; check auth_url.",
            repeat=Repeat.TWICE,
        )
    kept = Secret(refresh_token) if isinstance(refresh_token, str) and refresh_token else previous
    return Tokens.lasting(Secret(access_token), token_end(fields.get("expires_in"), counted_from=now), now, kept)


def to_sign_in_error(response: Response, settings: ConnectionSettings, *, by: str) -> DynamicsError:
    """What a response of a token endpoint without a token means, and who does what about it.

    Args:
        response: The response.
        settings: For names in the sentence.
        by: How we tried to sign in, such as "with the refresh token".
    """
    fields = _json_object(response.body)
    code = _text(fields, "error")
    details = error_details(response.body, response.headers)
    said = _first_line(fields) or details.text
    ids = {"correlation_id": _text(fields, "correlation_id") or None, "request_id": _text(fields, "trace_id") or None}
    if response.status in PASSING_STATUSES or response.status > 501 or code in PASSING_ERRORS:
        kind = TooManyRequests if response.status == 429 else Transient
        return kind(
            f"Signing in {by} returned {response.status}{f': {said}' if said else ''}.",
            status=response.status,
            code=code,
            text=said,
            retry_after_seconds=details.retry_after_seconds,
            scope="run",
            **ids,
        )
    refused = f"Signing in {by} was refused"
    # Only Microsoft Entra has numbers; HotGlue's service has sentences alone.
    if "error_codes" not in fields and code not in BY_CODE:
        return SignInError(f"{refused} with {response.status}: {said or 'no explanation'}.", code=code, **ids)
    who, remedy = remedy_for(code, fields.get("error_codes"), settings, is_app=by.startswith("as the app"))
    # Entra's sentences end with a full stop or with none.
    message = f"{refused} ({code}). Microsoft Entra says: {said.rstrip('.') or 'nothing more'}."
    return SignInError(message, code=code, who=who, remedy=remedy, **ids)


def _first_line(fields: Mapping[str, Any]) -> str:
    """The description without trace and correlation ids, which stand on lines of their own."""
    description = fields.get("error_description")
    lines = description.splitlines() if isinstance(description, str) else []
    return cut(clean(lines[0].strip()), SENTENCE_SHOWN) if lines else ""


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return cut(clean(value), ID_SHOWN) if isinstance(value, str) else ""


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        decoded = decode(_ANYTHING, body, wanted="a JSON object")
    except UnexpectedAnswer:
        return {}
    return decoded if isinstance(decoded, dict) else {}
