"""Who does what about a sign-in that Microsoft Entra refuses?

Entra says why in a number (`AADSTS7000215`), which is more exact than OAuth's word for it (`invalid_client`). Some
numbers ask for something else of a person who signs in than of an app.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.errors import CONFIG_KEEPER, ENTRA_ADMINISTRATOR, USER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_client.settings import ConnectionSettings


@dataclass(frozen=True, slots=True)
class Remedy:
    """What puts a refused sign-in right.

    Attributes:
        who: Who can do it.
        text: What they do; `{client}` and `{tenant}` stand for those of the settings.
        of_app: What an administrator does when an app signs in by itself; empty for the same.
    """

    who: str
    text: str
    of_app: str = ""


def remedy_for(code: str, numbers: Any, settings: ConnectionSettings, *, is_app: bool) -> tuple[str, str]:
    """Who does what.

    Args:
        code: OAuth's word for the refusal.
        numbers: Entra's numbers, as it sent them.
        settings: For names in the sentence.
        is_app: Whether an app signed in by itself, and not for a person.
    """
    sent = [each for each in numbers if isinstance(each, int)] if isinstance(numbers, list) else []
    known = [BY_NUMBER[number] for number in sent if number in BY_NUMBER]
    remedy = known[0] if known else BY_CODE.get(code, UNKNOWN)
    names = {"client": settings.client_id or "(none)", "tenant": settings.tenant_id or "common"}
    if is_app and remedy.of_app:
        return ENTRA_ADMINISTRATOR, remedy.of_app.format(**names)
    return remedy.who, remedy.text.format(**names)


_AGAIN = "connect the account again and use the new refresh token"
_CONSENT = Remedy(
    ENTRA_ADMINISTRATOR,
    "Consent to the app {client} in tenant {tenant}: in its registration under API permissions, Grant admin consent.",
)
_SCOPE = Remedy(CONFIG_KEEPER, "Leave the setting scope out; the one given is not of this service.")
_SECOND_FACTOR = Remedy(USER, f"The tenant asks for a second factor: {_AGAIN}.")
_POLICY = Remedy(
    ENTRA_ADMINISTRATOR,
    "A conditional-access policy blocks this sign-in, and connecting again does not help. Find the attempt by its "
    "correlation id under Sign-in logs, see which policy it was, and exclude the user or the network from it.",
    "A conditional-access policy blocks this app. Find the attempt by its correlation id under Sign-in logs, Service "
    "principal sign-ins, see which policy it was, and exclude the app {client} or its network from it.",
)

UNKNOWN = Remedy(ENTRA_ADMINISTRATOR, "Check the app registration {client} in tenant {tenant}.")

BY_CODE: Mapping[str, Remedy] = {
    "invalid_grant": Remedy(USER, f"The refresh token is no longer valid: {_AGAIN}."),
    "interaction_required": Remedy(USER, "Sign in again in a browser and connect the account again."),
    "invalid_client": Remedy(CONFIG_KEEPER, "Compare client_id and client_secret with the app registration."),
    "unauthorized_client": _CONSENT,
    "invalid_scope": _SCOPE,
    "invalid_request": Remedy(
        CONFIG_KEEPER, "Compare tenant_id, client_id and redirect_uri with the app registration."
    ),
    "access_denied": Remedy(USER, "The sign-in was declined; start again and accept it."),
    "consent_required": _CONSENT,
}

BY_NUMBER: Mapping[int, Remedy] = {
    # The app and its secret.
    700016: Remedy(
        CONFIG_KEEPER,
        "The app {client} does not exist in tenant {tenant}: check client_id and tenant_id, or have an administrator "
        "consent to it there.",
    ),
    7000112: Remedy(ENTRA_ADMINISTRATOR, "The app {client} is disabled: enable it under Enterprise applications."),
    7000215: Remedy(
        CONFIG_KEEPER,
        "client_secret is wrong: copy the secret's value, not its ID, from the app registration {client}.",
    ),
    7000218: Remedy(
        CONFIG_KEEPER,
        'Set client_secret; or, to sign in as a person, switch on "Allow public client flows" in the app registration '
        "under Authentication.",
    ),
    7000222: Remedy(
        CONFIG_KEEPER,
        "client_secret has expired: make a new secret in the app registration {client} and set its value.",
    ),
    # The tenant, and what it knows.
    90002: Remedy(CONFIG_KEEPER, "There is no tenant {tenant}: correct tenant_id."),
    900023: Remedy(
        CONFIG_KEEPER,
        "tenant_id is neither a GUID nor a verified domain: take the Directory (tenant) ID of the app registration.",
    ),
    500011: Remedy(
        ENTRA_ADMINISTRATOR,
        "The tenant {tenant} does not know Business Central: check tenant_id, add the permission Dynamics 365 Business "
        "Central to the app registration, and consent to it.",
    ),
    70011: _SCOPE,
    65001: _CONSENT,
    50105: Remedy(ENTRA_ADMINISTRATOR, "Assign the user to the app {client} under Enterprise applications."),
    # The refresh token.
    70000: Remedy(USER, f"The refresh token is malformed or was issued to another app: {_AGAIN}."),
    70008: Remedy(USER, f"The refresh token has expired, because it was not used for too long: {_AGAIN}."),
    700082: Remedy(USER, f"The refresh token has expired, because it was not used for 90 days: {_AGAIN}."),
    700084: Remedy(
        CONFIG_KEEPER,
        "The refresh token was issued to a single-page app and ended after 24 hours: register the redirect URI as type "
        f"Web, then {_AGAIN}.",
    ),
    9002313: Remedy(
        CONFIG_KEEPER,
        "The refresh token is not one: it is cut off, has quotes or a line break in it, or is an access token. Copy "
        "the whole refresh token.",
    ),
    # The person, and the tenant's policies.
    50057: Remedy(ENTRA_ADMINISTRATOR, "The user's account is disabled: enable it, or connect another user's account."),
    50173: Remedy(USER, f"The refresh token was revoked, mostly by a changed password: {_AGAIN}."),
    50076: _SECOND_FACTOR,
    50079: _SECOND_FACTOR,
    50158: Remedy(
        USER,
        f"A conditional-access policy asks for more: {_AGAIN}, or have an administrator exempt the app.",
        _POLICY.of_app,
    ),
    53000: _POLICY,
    53001: _POLICY,
    53002: _POLICY,
    53003: _POLICY,
}
