"""Where are tokens kept between runs, so that a rotated refresh token is not lost?

In `token.json` of the store, else in the one config file, else nowhere, which is said once. A file that cannot be
written never ends a run: the tokens in memory are good.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.odata.nesting import check_nesting
from dynamics_bc_client.settings import ConnectionSettings, Secret
from dynamics_bc_client.store_folder import StoreFolder, replace_file
from dynamics_bc_client.token_end import token_end
from dynamics_bc_client.token_requests import Tokens

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN_FILE = "token.json"  # noqa: S105 - the name of a file
# Longer than one run asks a token endpoint that is away.
LOCK_SECONDS = 150.0

log = logging.getLogger(__name__)


class TokenStorage:
    """Keeps the tokens of one sign-in."""

    def __init__(self, settings: ConnectionSettings) -> None:
        self._settings = settings
        self._folder = StoreFolder(settings.store_path) if settings.store_path else None
        self._said: set[str] = set()

    @contextlib.contextmanager
    def exclusively(self) -> Iterator[None]:
        """Let one run at a time renew tokens that several share; where nothing can be locked, go on all the same."""
        with contextlib.ExitStack() as stack:
            if self._folder is not None:
                try:
                    stack.enter_context(self._folder.lock("token", wait_seconds=LOCK_SECONDS))
                except ConfigurationError as error:
                    self._warn(error.message)
            yield

    def check(self) -> None:
        """See that tokens can be kept in the store, before somebody goes to the trouble of getting them.

        Raises:
            ConfigurationError: The folder cannot be made or written to, or what is in it cannot be read.
        """
        if self._folder is not None:
            self._folder.check()
            self._folder.read(TOKEN_FILE)

    def load(self, now: float) -> Tokens | None:
        """The tokens of an earlier run, if they were of this sign-in and not of one that was replaced in the config."""
        kept = self._from_folder() if self._folder is not None else self._from_config_file()
        if kept is None:
            return None
        access_token, expires_at, refresh_token = kept
        return Tokens.lasting(Secret(access_token), expires_at, now, refresh_token)

    def keep(self, tokens: Tokens, *, rotated: bool) -> None:
        """Put the tokens where the next run finds them.

        Args:
            tokens: What was just obtained.
            rotated: Whether the refresh token is another one than before, so that losing it would matter.
        """
        with self._failing_softly():
            if self._folder is not None:
                self._folder.write_atomically(TOKEN_FILE, self._encoded(tokens))
            elif self._settings.config_path is not None:
                write_back(self._settings.config_path, tokens)
            elif rotated:
                self._warn("The refresh token was replaced and the new one is not kept; set store_path.")

    def keep_everywhere(self, tokens: Tokens) -> None:
        """Put the tokens into the store and into the config file, of which a job may read either."""
        if self._folder is not None:
            with self._failing_softly():
                self._folder.write_atomically(TOKEN_FILE, self._encoded(tokens))
        if self._settings.config_path is not None:
            with self._failing_softly():
                write_back(self._settings.config_path, tokens)

    @contextlib.contextmanager
    def _failing_softly(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, RecursionError, ConfigurationError) as error:
            self._warn(f"The new tokens could not be kept ({_why(error)}); set a store_path that can be written to.")

    def _from_folder(self) -> tuple[str, float | None, Secret | None] | None:
        folder = self._folder
        content = folder.read(TOKEN_FILE) if folder is not None else None
        if folder is None or content is None:
            return None
        fields = _json_object(content)
        if not isinstance(fields.get("access_token"), str):
            file = folder.path / TOKEN_FILE
            self._warn(f'"{file}" holds no tokens and is ignored; it is replaced at the next sign-in.')
            return None
        same = fields.get("client_id") == self._settings.client_id and fields.get("descends_from") == self._descent()
        if not same:
            return None
        return fields["access_token"], _number(fields.get("expires_at")), _secret(fields.get("refresh_token"))

    def _from_config_file(self) -> tuple[str, float | None, Secret | None] | None:
        """What another run has written into the config file since we read it."""
        path = self._settings.config_path
        if path is None:
            return None
        try:
            fields, written_at = _json_object(path.read_bytes()), path.stat().st_mtime
        except OSError:
            return None
        refresh_token = _secret(fields.get("refresh_token"))
        if refresh_token is None or refresh_token == self._settings.refresh_token:
            return None
        expires_at = token_end(fields.get("expires_in"), counted_from=written_at)
        return str(fields.get("access_token") or ""), expires_at if fields.get("access_token") else 0.0, refresh_token

    def _encoded(self, tokens: Tokens) -> bytes:
        fields = {
            "client_id": self._settings.client_id,
            "descends_from": self._descent(),
            "access_token": tokens.access_token.reveal(),
            "expires_at": tokens.expires_at,
            "refresh_token": tokens.refresh_token.reveal() if tokens.refresh_token else None,
        }
        return json.dumps(fields, indent=2).encode()

    def _descent(self) -> str | None:
        """Which configured refresh token these come from: a new one in the config wins over what an old one became."""
        token = self._settings.refresh_token
        return hashlib.sha256(token.reveal().encode()).hexdigest() if token else None

    def _warn(self, message: str) -> None:
        if message not in self._said:
            self._said.add(message)
            log.warning(message)


def write_back(path: Path, tokens: Tokens) -> None:
    """Put tokens into a config file, and leave everything else in it as it is.

    Raises:
        OSError: The file cannot be read or replaced.
        ValueError: It does not hold a JSON object.
        RecursionError: What it holds is nested too deeply.
    """
    content = path.read_bytes()
    check_nesting(content)
    config = json.loads(content)
    if not isinstance(config, dict):
        raise ValueError("it does not hold a JSON object")  # noqa: TRY004 - the content is wrong, not a type
    config["access_token"] = tokens.access_token.reveal()
    if tokens.refresh_token is not None:
        config["refresh_token"] = tokens.refresh_token.reveal()
    if tokens.expires_at is not None:
        config["expires_in"] = int(tokens.expires_at)
    else:
        config.pop("expires_in", None)
    replace_file(path, json.dumps(config, indent=2, ensure_ascii=False).encode() + b"\n")


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    # A JSON error's text quotes nothing, but other errors' may.
    return error.message if isinstance(error, ConfigurationError) else "the file does not hold a JSON object"


def _json_object(content: bytes) -> dict[str, Any]:
    try:
        check_nesting(content)
        decoded = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return decoded if isinstance(decoded, dict) else {}


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _secret(value: Any) -> Secret | None:
    return Secret(value) if isinstance(value, str) and value else None
