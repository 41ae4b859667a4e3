"""How the server was started: where it listens, what it may work on, who may ask, how much goes on at once."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...core.errors import UsageError
from ..roots import Roots, allowed_roots

TOKEN = "AION_R_SERVE_TOKEN"
HOSTS = "AION_R_SERVE_HOSTS"
LEAST_TOKEN = 16
"""Characters of a token that nobody guesses."""
BODY_LIMIT = 1 << 20
"""Bytes of a request's body."""
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class ServerConfig:
    """One server. ``hosts`` are further names under which it is reached; ``home`` holds the runs.

    ``unsafe_options``: requests may weaken the isolation of tests and choose the command that runs them.
    """

    home: Path
    roots: Roots
    host: str = "127.0.0.1"
    port: int = 8080
    token: str = field(default="", repr=False)
    hosts: frozenset[str] = frozenset()
    workers: int = 2
    queue: int = 16
    unsafe_options: bool = False

    @property
    def loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return is_loopback(self.host)

    def check(self) -> None:
        """Raise ``UsageError`` for what would be open to others without a secret."""
        if self.token and len(self.token) < LEAST_TOKEN:
            raise UsageError(f"{TOKEN} is too short: take at least {LEAST_TOKEN} characters that nobody guesses.")
        if self.token and not self.token.isascii():
            raise UsageError(f"{TOKEN} holds a character that no header takes: use letters and digits.")
        if not self.loopback and not self.token:
            raise UsageError(f"others reach {self.host}: set {TOKEN} to a secret that clients send as bearer token.")

    @property
    def home_is_writable(self) -> bool:
        """Whether runs can be kept."""
        if not self.home.exists():
            return os.access(self.home.parent, os.W_OK)
        return self.home.is_dir() and os.access(self.home, os.W_OK)

    def knows_host(self, name: str) -> bool:
        """Whether a request may call this server ``name``: else a foreign name was made to point here."""
        name = name.lower().rstrip(".")
        if name in self.hosts or name == self.host.lower():
            return True
        if self.loopback:
            return name in LOOPBACK_NAMES or _is_loopback_address(name)
        return name in LOOPBACK_NAMES or _is_address(name) or name == socket.gethostname().lower()


def read_config(
    home: Path, given_roots: Iterable[str], environ: Mapping[str, str] | None = None, **options: object
) -> ServerConfig:
    """From the command line's ``options`` and the environment. Raises ``UsageError``."""
    source = os.environ if environ is None else environ
    names = frozenset(name.strip().lower() for name in source.get(HOSTS, "").split(",") if name.strip())
    token = source.get(TOKEN, "").strip()
    roots = allowed_roots(given_roots, source)
    config = ServerConfig(home.resolve(), roots, token=token, hosts=names, **options)  # type: ignore[arg-type]
    config.check()
    return config


def is_loopback(host: str) -> bool:
    """Whether a socket bound to ``host`` is reached from this machine only."""
    return host.lower() == "localhost" or _is_loopback_address(host)


def _is_loopback_address(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
