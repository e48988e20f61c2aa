"""How does a person sign in on another device, for a command that has no browser?

Begin, show the person where to go and what to type, then wait. The app registration must allow public client flows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from dynamics_bc_client.errors import ConfigurationError, SignInError, UnexpectedAnswer
from dynamics_bc_client.odata.decoding import decode
from dynamics_bc_client.settings import ConnectionSettings, Secret
from dynamics_bc_client.token_requests import (
    Tokens,
    device_code_request,
    device_token_request,
    to_sign_in_error,
    to_tokens,
)
from dynamics_bc_client.token_storage import TokenStorage

if TYPE_CHECKING:
    from collections.abc import Callable

    from dynamics_bc_client.transport import Response, Transport

SLOWER_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """A sign-in that a person has still to do.

    Attributes:
        user_code: What to type.
        verification_uri: Where to type it.
        message: Both in one sentence, in the words of Microsoft Entra.
        interval_seconds: How long to wait between two questions whether it is done.
        lifetime_seconds: How long the code is good.
        device_code: What we ask with.
    """

    user_code: str
    verification_uri: str
    message: str
    interval_seconds: float
    lifetime_seconds: float
    device_code: Secret


class _CodeIssued(msgspec.Struct):
    device_code: str
    user_code: str
    verification_uri: str
    message: str = ""
    expires_in: float | str = 900.0
    interval: float | str = 5.0


_CODE_ISSUED = msgspec.json.Decoder(_CodeIssued)


def begin_sign_in(settings: ConnectionSettings, transport: Transport) -> DeviceCode:
    """Ask for a code.

    Raises:
        ConfigurationError: No client_id.
        SignInError: The app may not do this.
        DynamicsError: The token endpoint could not be reached.
    """
    if not settings.client_id:
        raise ConfigurationError("client_id is missing: it names the app registration to sign in with.")
    response = transport(device_code_request(settings))
    if response.status != 200:
        raise to_sign_in_error(response, settings, by="with a code")
    try:
        issued = decode(_CODE_ISSUED, response.body, wanted="a code")
        lifetime, interval = float(issued.expires_in), float(issued.interval)
    except (UnexpectedAnswer, ValueError) as error:
        raise SignInError("The sign-in endpoint did not return a code; check auth_url.") from error
    message = issued.message or f"Open {issued.verification_uri} and enter the code {issued.user_code}."
    return DeviceCode(
        issued.user_code, issued.verification_uri, message, interval, lifetime, Secret(issued.device_code)
    )


def finish_sign_in(
    settings: ConnectionSettings,
    code: DeviceCode,
    transport: Transport,
    *,
    now: Callable[[], float],
    sleep: Callable[[float], None],
) -> Tokens:
    """Wait until the person has signed in, and keep the tokens in the store or the config file.

    Raises:
        SignInError: Declined, or not done in time.
        DynamicsError: The token endpoint could not be reached.
    """
    interval = code.interval_seconds
    waited = 0.0
    while waited < code.lifetime_seconds:
        sleep(interval)
        waited += interval
        response = transport(device_token_request(settings, code.device_code))
        if response.status == 200:
            tokens = to_tokens(response, settings, by="with a code", now=now())
            TokenStorage(settings).keep(tokens, rotated=True)
            return tokens
        interval += _slower(response, settings)
    raise SignInError(f"Nobody entered the code within {math.ceil(code.lifetime_seconds / 60)} minutes; begin again.")


def _slower(response: Response, settings: ConnectionSettings) -> float:
    """How much longer to wait between questions; raises when there is nothing left to wait for."""
    error = to_sign_in_error(response, settings, by="with a code")
    code = getattr(error, "code", "")
    if code == "authorization_pending" or error.repeatable:
        return 0.0
    if code == "slow_down":
        return SLOWER_SECONDS
    if code in ENDINGS:
        raise SignInError(ENDINGS[code], code=code)
    raise error


ENDINGS = {
    "authorization_declined": "The sign-in was declined in the browser; begin again and accept it.",
    "expired_token": "The code has expired before anybody entered it; begin again.",
    "bad_verification_code": "The code is not known any more; begin again.",
}
