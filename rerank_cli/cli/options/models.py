"""Arguments of `rerank models` alone."""

from typing import Annotated

from typer import Argument

ModelId = Annotated[str, Argument(metavar="ID", help="The model's id at the hub: ORG/NAME.")]
