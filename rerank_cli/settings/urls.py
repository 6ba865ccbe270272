"""Checks URLs that users give, and hides what of them must not be shown."""

import re
from urllib.parse import urlsplit

from rerank_cli.errors import SettingsError

# A password may hold slashes, and an @ be written otherwise; a part of a path may begin with one.
_AT = "(@|＠|﹫|%40)"
_ANY_PASSWORD = re.compile(f"^.*{_AT}", re.DOTALL | re.IGNORECASE)
_PASSWORD = re.compile(
    rf"^[a-z]+://([^/:]*:.*[^/]|[^/]*){_AT}",
    re.DOTALL | re.IGNORECASE,
)


def without_password(text: str) -> str:
    """A text that may be meant as a URL, without what may be a password in it."""
    return _ANY_PASSWORD.sub("…@", text)


def check_url(url: str, source: str) -> None:
    """Raise SettingsError, which names the source, unless a request can be sent there."""
    value = without_password(url)
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:  # whose text may hold a password
        problem = f"{source}: not a URL: no host and port can be read from it"
        raise SettingsError(problem, _URL_HINT) from None
    if parts.username is not None or parts.password is not None:
        raise SettingsError(
            f"{source}: the URL holds a user name or password",
            "Give the key as RERANK_API_KEY; it is sent as a bearer token.",
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(f"{source}: {value!r} is not an http or https URL", _URL_HINT)
    if any(each.isspace() or not each.isprintable() for each in url):
        raise SettingsError(f"{source}: {value!r} holds blanks or control characters", _URL_HINT)


_URL_HINT = "Expected something like http://localhost:7997 or https://host/v1"


def shown_url(url: str) -> str:
    """A URL as it may be printed: without password and query string, which may hold secrets."""
    try:
        return _PASSWORD.sub("…@", urlsplit(url)._replace(query="", fragment="").geturl())
    except ValueError:
        return "a malformed URL"


def is_loopback(host: str) -> bool:
    """Whether what is sent there stays on this machine."""
    from ipaddress import ip_address

    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
