"""Finds the files of a model that is named by a folder, a file, or an id of the hub."""

from collections.abc import Callable, Mapping
from pathlib import Path

from rerank_cli.engines.cross_encoder import hub
from rerank_cli.engines.cross_encoder.choice import Served, choose
from rerank_cli.engines.cross_encoder.files import ONNX_FOLDER
from rerank_cli.engines.cross_encoder.machine import this_machine
from rerank_cli.engines.cross_encoder.recommended import export_of, size_of
from rerank_cli.errors import SettingsError
from rerank_cli.settings import is_path

_EXPECTED = "Expected a folder (./reranker), an ONNX file in one, or an id of the hub (ORG/NAME)."


def locate(
    name: str,
    precision: str,
    environ: Mapping[str, str],
    pull: Callable[[str], Path] | None = None,
) -> Served:
    """The model that a name means, as it is going to be used. Nothing is loaded yet.

    A folder that is there comes before an id that reads the same. An id that is not in the cache
    is given to `pull`, if there is one. Raises SettingsError where there is no such model, or its
    files cannot be used.
    """
    root, file = _folder(name)
    if root:
        return choose(root, file, precision, this_machine())
    if not hub.is_id(name):
        raise SettingsError(
            f"no model {name!r} here: it is neither a folder nor an id of the hub", _EXPECTED
        )
    try:
        root = hub.find(name, environ)
        if root is None:
            raise _absent(name)
        return choose(root, None, precision, this_machine())
    except SettingsError:
        if pull is None:
            raise
    return choose(pull(name), None, precision, this_machine())


def _folder(name: str) -> tuple[Path | None, Path | None]:
    """The folder of a name that is a path, and the file if it is one's; None for an id."""
    try:
        path = Path(name).expanduser()
        if path.is_dir():
            return path, None
        if path.is_file():
            if path.suffix != ".onnx":
                raise SettingsError(f"{name}: not the name of an ONNX file", _EXPECTED)
            inner = path.parent.name == ONNX_FOLDER
            return path.parent.parent if inner else path.parent, path
        if is_path(name):
            path.stat()
    except FileNotFoundError:
        raise SettingsError(f"{name}: no such folder or file", _EXPECTED) from None
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SettingsError(f"{name}: cannot be read: {reason}") from error
    if is_path(name):
        raise SettingsError(f"{name}: neither a folder nor a file", _EXPECTED)
    return None, None


def _absent(name: str) -> SettingsError:
    size = size_of(name)
    export = export_of(name)
    hint = f"rerank models pull {name} downloads it{f' ({size})' if size else ''}, or --pull"
    if export:
        hint += f"; its ONNX export: rerank models pull {export} ({size_of(export)})"
    return SettingsError(f"the model {name} is not on this machine", f"{hint}.")
