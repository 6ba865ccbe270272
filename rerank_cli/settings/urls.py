"""URLs as users give them: which can be used, and what of them may be shown."""

from urllib.parse import urlsplit

from rerank_cli.errors import SettingsError


def check_url(url: str, source: str) -> None:
    """Raise SettingsError, which names the source, unless a request can be sent there."""
    # What stands before an @ may be a password.
    value = "…@" + url.rpartition("@")[2] if "@" in url else url
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise SettingsError(f"{source}: not a URL: {error}", _URL_HINT) from None
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
    """A URL as it may be printed: without its query string, which may hold secrets."""
    try:
        return urlsplit(url)._replace(query="", fragment="").geturl()
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
