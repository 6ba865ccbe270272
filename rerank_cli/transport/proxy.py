"""The proxy that the environment names for a URL."""

import os
from urllib.parse import urlsplit


def proxy_for(url: str) -> str | None:
    """The URL of the proxy that requests to a URL go through, None if they go straight there."""
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    proxies = getproxies()
    named = proxies.get(parts.scheme) or proxies.get("all")
    return f"http://{named}" if named and "://" not in named else named
