"""Can the proxy be used that the environment names? Pure."""

from __future__ import annotations

from importlib.util import find_spec
from urllib.parse import urlsplit

from dynamics_bc_client.errors import ConfigurationError

_PLAIN = frozenset({"http", "https"})
_SOCKS = frozenset({"socks4", "socks4a", "socks5", "socks5h"})


def check_proxy(address: str) -> None:
    """See that the address of a proxy is one.

    Args:
        address: As a variable such as `HTTPS_PROXY` has it; without a scheme it is `http`.

    Raises:
        ConfigurationError: It is not. The message does not show the address, which may hold a password.
    """
    fault = _fault(address if "://" in address else f"http://{address}")
    if fault:
        raise ConfigurationError(
            f"The proxy that the environment names (HTTPS_PROXY, HTTP_PROXY or ALL_PROXY) cannot be used: {fault}. "
            "Write it as http://HOST:PORT."
        )


def _fault(url: str) -> str:
    """What is wrong with it; empty for nothing."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "its host or its port cannot be read"
    if parts.scheme in _SOCKS and find_spec("socks") is None:
        return "a SOCKS proxy takes the package PySocks, which is not installed"
    if parts.scheme not in _PLAIN | _SOCKS:
        return "its scheme is none of a proxy"
    if not host:
        return "it has no host"
    return "it holds a space" if any(character.isspace() for character in parts.netloc) else ""
