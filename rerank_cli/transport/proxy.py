"""Finds the proxy that the environment names for a URL."""

import os
from contextlib import suppress
from dataclasses import dataclass, field
from unicodedata import normalize
from urllib.parse import urlsplit

SCHEMES = ("http", "https", "socks5", "socks5h")


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy's URL, and where that comes from: a variable, or the system's settings."""

    url: str = field(repr=False)
    source: str

    def __str__(self) -> str:
        # Whatever stands before the last @ may be a password; full-width ones are read as @, too.
        scheme, _, rest = normalize("NFKC", self.url).partition("://")
        host = rest.rpartition("@")[2]
        for end in "/?#":
            host = host.partition(end)[0]
        try:
            _ = urlsplit(f"//{host}").port
        except ValueError:  # no number after the colon: the @ after a password may be missing
            host = "…"
        return f"{scheme}://{host} ({self.source})"


def proxy_for(url: str) -> Proxy | None:
    """The proxy through which a URL is reached, None for a direct connection.

    NO_PROXY may also have ranges of addresses (127.0.0.0/8), as curl reads it.
    """
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    from urllib.request import getproxies, proxy_bypass

    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return None
    proxies = getproxies()
    if proxy_bypass(host) or _in_range(host, proxies.get("no", "")):
        return None
    scheme = parts.scheme if proxies.get(parts.scheme) else "all"
    named = proxies.get(scheme)
    if not named:
        return None
    names = (f"{scheme}_proxy", f"{scheme}_proxy".upper())
    source = next((name for name in names if os.environ.get(name) == named), "system settings")
    return Proxy(named if "://" in named else f"http://{named}", source)


def _in_range(host: str, exceptions: str) -> bool:
    from ipaddress import ip_address, ip_network

    try:
        address = ip_address(host)
    except ValueError:
        return False
    for each in exceptions.replace(",", " ").split():
        with suppress(ValueError):
            if address in ip_network(each.strip("[]"), strict=False):
                return True
    return False
