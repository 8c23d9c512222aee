"""The environment variables that lead to the hub: what in them can't work is said before anything is asked of it."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import huggingface_hub

from engine.contract.errors import ModelError

PROXIES = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY")
# What httpx, which the hub's library uses, takes certificates from.
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def check_environment(environment: Mapping[str, str] = os.environ, has_socks: bool | None = None) -> None:
    """Raises ModelError in one sentence that names the variable. has_socks: whether the package for SOCKS proxies is there,
    found out where it is None."""
    for name in PROXIES:
        for spelling in (name, name.lower()):
            if environment.get(spelling):
                _check_proxy(spelling, environment[spelling], has_socks)
    for name in CERTIFICATES:
        if environment.get(name) and not Path(environment[name]).exists():
            raise ModelError(f"{name} names {environment[name]}, which doesn't exist: name your certificates, or unset it.")
    endpoint = environment.get("HF_ENDPOINT", "")
    if endpoint and urlsplit(endpoint).scheme not in ("http", "https"):
        raise ModelError(f"HF_ENDPOINT is {endpoint!r}: give an address that begins with https://, or unset it.")
    check_token(huggingface_hub.get_token())


def check_token(token: str | None) -> None:
    """Raises ModelError where a token has characters that can't be sent; the token itself is not shown."""
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        raise ModelError(
            "The hub's token (HF_TOKEN, or the file of `hf auth login`) has characters that no token has: copy it again, whole."
        )


def _check_proxy(name: str, value: str, has_socks: bool | None) -> None:
    if not value.isascii() or any(letter.isspace() for letter in value):
        raise ModelError(f"{name} has characters that no address has: write them as %XX, or mend it.")
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        scheme, host = parts.scheme.lower(), parts.hostname
        parts.port  # noqa: B018, which raises where it is no number.
    except ValueError:
        scheme, host = "", None
    if scheme not in ("http", "https", "socks5", "socks5h") or not host:
        raise ModelError(f"{name} is no proxy that can be used: give http://HOST:PORT, or unset it.")
    if scheme.startswith("socks"):
        has_socks = importlib.util.find_spec("socksio") is not None if has_socks is None else has_socks
        if not has_socks:
            raise ModelError(
                f"{name} is a SOCKS proxy, which needs the package socksio: install it into the engine's Python, or give an "
                "HTTP proxy."
            )
