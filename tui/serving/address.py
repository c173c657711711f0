"""Where browsers find the inspector."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from engine.records.errors import UserError

DEFAULT_PORT = 8000
LOOPBACK = "127.0.0.1"
LOOPBACK_NAME = "localhost"


@dataclass(frozen=True)
class Address:
    """Where to listen.

    Attributes:
        host: a name or a number of this machine.
        port: None for the usual one, or a free one where that is taken.
    """

    host: str = LOOPBACK
    port: int | None = None

    @property
    def loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether a name, or a number, means this machine to itself."""
    number = _number(host)
    return host == LOOPBACK_NAME if number is None else number.is_loopback


def parse_address(text: str) -> Address:
    """Read `HOST:PORT`, `HOST`, `:PORT` or `PORT`; raises `UserError`."""
    if text.isascii() and text.isdecimal():
        text = f":{text}"
    if _number(text) is not None:
        return Address(text)
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname or LOOPBACK, parts.port
    except ValueError:
        raise _wrong(text) from None
    if parts.netloc != text or "@" in text or not text or any(map(str.isspace, text)):
        raise _wrong(text)
    return Address(host, port)


def url(host: str, port: int) -> str:
    """The address as one types it into a browser."""
    number = _number(host)
    if number is not None and number.is_unspecified:
        host = _outside(number)
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _outside(number: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """The number of this machine in its network, or its name where that isn't known."""
    six = number.version == 6
    # Nothing is sent; addresses of documentation, which no machine has.
    somewhere = "2001:db8::1" if six else "192.0.2.1"
    try:
        with socket.socket(
            socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM
        ) as connection:
            connection.connect((somewhere, 9))
            return str(connection.getsockname()[0])
    except OSError:
        return socket.gethostname()


def _wrong(text: str) -> UserError:
    return UserError(
        f"--serve-at {text}: that is no address",
        "Write it as HOST:PORT, such as 127.0.0.1:8000, 0.0.0.0:8000 or :9000.",
    )
