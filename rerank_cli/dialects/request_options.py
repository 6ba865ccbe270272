"""Model, further fields and path, the same in every request to one endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlsplit


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """What each request holds beside query and passages, and its URL.

    model   its name, None to leave it to the server
    fields  further request fields by the endpoint's own names
    path    the final path where it is not the dialect's own; `{model}` stands for the model
    """

    model: str | None = None
    fields: Mapping[str, object] = field(default_factory=dict)
    path: str | None = None

    def also(self, name: str, value: object) -> "RequestOptions":
        """The options with one more field."""
        return replace(self, fields={**self.fields, name: value})

    @property
    def named(self) -> dict[str, object]:
        """The model as a request field, if it is named."""
        return {"model": self.model} if self.model else {}

    def url(self, base_url: str, usual: str, model: str | None = None) -> str:
        """The base URL with the final path, which is `usual` unless there is another.

        A base URL that ends in that path stays as it is. `model` is its name as URLs have it.
        """
        path = (self.path or usual).replace("{model}", quote(model or self.model or "", safe="/:@"))
        parts = urlsplit(base_url)
        base = parts.path.rstrip("/")
        return parts._replace(path=base if base.endswith(path) else base + path).geturl()
