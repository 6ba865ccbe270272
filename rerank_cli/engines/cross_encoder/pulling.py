"""Downloads a model from the hub into its cache: only what is needed, whole or not at all.

The files go where huggingface_hub has them, which resumes what was broken off, and other tools find
them. `refs/main`, by which a model counts as there, is written when all of them are.
"""

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

from rerank_cli.engines.cross_encoder.choice import ONNX, TORCH, best_file, is_installed
from rerank_cli.engines.cross_encoder.files import FP32, ONNX_FOLDER, OnnxFile, named_precision
from rerank_cli.engines.cross_encoder.hub import cache_folder
from rerank_cli.engines.cross_encoder.machine import this_machine
from rerank_cli.errors import (
    EndpointError,
    Fault,
    RefusedError,
    RerankError,
    ScoringError,
    SettingsError,
)

HUB = "https://huggingface.co"
_ON = ("1", "on", "true", "yes")
_SECONDS = 20
_BESIDE = (".json", ".txt", ".jinja", ".model")
_MOST_BESIDE = 100_000_000
_SPARE = 100_000_000
"""Bytes that are left free on the disk."""
_UNREACHED = (
    "Where the hub cannot be reached: HF_ENDPOINT=https://hf-mirror.com, or download the folder "
    "otherwise (modelscope download --model ID --local_dir FOLDER) and name it: -m FOLDER"
)


E = TypeVar("E", bound=ScoringError)


class Download(NamedTuple):
    """What a download consists of: the commit, and the files with their sizes."""

    model_id: str
    endpoint: str
    commit: str
    files: Sequence[tuple[str, int]]
    folder: Path

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(size for _, size in self.files)


def plan_download(model_id: str, precision: str, environ: Mapping[str, str]) -> Download:
    """Ask the hub for a model's files, and choose those that are needed.

    Raises SettingsError where the hub must not be asked, or has nothing that may be loaded;
    RefusedError where it has no such model for this user; EndpointError where it cannot be reached.
    """
    if environ.get("HF_HUB_OFFLINE", "").lower() in _ON:
        raise SettingsError(
            f"{model_id} is not downloaded: HF_HUB_OFFLINE is set", "Unset it to download."
        )
    endpoint = (environ.get("HF_ENDPOINT") or HUB).rstrip("/")
    with _border(model_id, endpoint):
        from huggingface_hub import HfApi

        api = HfApi(endpoint, token=_token(endpoint, environ))
        info = api.model_info(model_id, files_metadata=True, timeout=_SECONDS)
    there = {each.rfilename: each.size or 0 for each in info.siblings or ()}
    chosen = [(name, there[name]) for name in _needed(model_id, there, precision)]
    return Download(model_id, endpoint, str(info.sha), chosen, cache_folder(environ))


def download(plan: Download, environ: Mapping[str, str]) -> Path:
    """Download all files that are not there yet. Returns the folder with them."""
    _check_room(plan)
    with _border(plan.model_id, plan.endpoint):
        from huggingface_hub import hf_hub_download
        from huggingface_hub.utils.tqdm import disable_progress_bars, enable_progress_bars

        (enable_progress_bars if sys.stderr.isatty() else disable_progress_bars)()
        for name, _ in plan.files:
            path = hf_hub_download(
                plan.model_id,
                name,
                revision=plan.commit,
                cache_dir=plan.folder,
                endpoint=plan.endpoint,
                token=_token(plan.endpoint, environ),
            )
        depth = len(PurePosixPath(name).parts)
        snapshot = Path(str(path)).absolute().parents[depth - 1]
        main = snapshot.parents[1] / "refs" / "main"
        main.parent.mkdir(exist_ok=True)
        main.write_text(plan.commit, "ascii")
    return snapshot


def _needed(model_id: str, there: Mapping[str, int], precision: str) -> list[str]:
    """The names of the files that are needed, the weights last."""
    weights = _onnx_weights(model_id, there, precision)
    if not weights or (not is_installed(ONNX) and is_installed(TORCH)):
        weights = [name for name in there if name.endswith(".safetensors") and "/" not in name]
        weights = weights or _onnx_weights(model_id, there, precision)
    if not weights:
        raise SettingsError(
            f"{model_id}: no weights that may be loaded (neither *.onnx nor *.safetensors)",
            "It may hold a pickle, which can run any code. rerank models lists some that work.",
        )
    folders = {"", *(str(PurePosixPath(name).parent) for name in weights)} - {"."}
    beside = [
        name
        for name, size in there.items()
        if name.endswith(_BESIDE) and size < _MOST_BESIDE and _folder(name) in folders
    ]
    return [*beside, *weights]


def _onnx_weights(model_id: str, there: Mapping[str, int], precision: str) -> list[str]:
    """The ONNX file for this machine, after the files with its data."""
    found = [
        OnnxFile(Path(name), named_precision(Path(name).stem) or FP32, _with_data(name, there))
        for name in there
        if name.endswith(".onnx") and _folder(name) in ("", ONNX_FOLDER)
    ]
    if not found:
        return []
    name = best_file(found, precision, this_machine(), Path(model_id)).path.as_posix()
    return [*_data_of(name, there), name]


def _with_data(name: str, there: Mapping[str, int]) -> int:
    return sum(there[each] for each in (name, *_data_of(name, there)))


def _data_of(name: str, there: Mapping[str, int]) -> list[str]:
    return [each for each in there if each.startswith((f"{name}_data", f"{name}.data"))]


def _folder(name: str) -> str:
    return "" if "/" not in name else str(PurePosixPath(name).parent)


def _token(endpoint: str, environ: Mapping[str, str]) -> bool | str | None:
    """The user's token; None is the one stored for the hub, which goes to no other host."""
    return environ.get("HF_TOKEN") or (None if endpoint == HUB else False)


def _check_room(plan: Download) -> None:
    folder = next(each for each in (plan.folder, *plan.folder.parents) if each.is_dir())
    free = shutil.disk_usage(folder).free
    if free < plan.size + _SPARE:
        raise SettingsError(
            f"{plan.folder}: {free / 1e9:.1f} GB free, and {plan.model_id} takes "
            f"{plan.size / 1e9:.1f}",
            "HF_HOME names another folder for the cache.",
        )


@contextmanager
def _border(model_id: str, endpoint: str) -> Iterator[None]:
    """The hub library's errors become ours."""
    try:
        import huggingface_hub.errors as hub
    except ImportError:
        raise SettingsError(
            "huggingface_hub is not installed", 'pip install "rerank-cli[onnx]"'
        ) from None
    try:
        yield
    except RerankError:
        raise
    except hub.GatedRepoError as error:
        problem = f"the model {model_id} is only for those who accept its terms"
        hint = f"Accept them at {HUB}/{model_id}, and set HF_TOKEN."
        raise _as(RefusedError, problem, hint, endpoint, Fault.ACCESS, error) from error
    except hub.RepositoryNotFoundError as error:
        problem = f"there is no model {model_id}, or it is private"
        hint = "rerank models lists some that work; a private one needs HF_TOKEN."
        raise _as(RefusedError, problem, hint, endpoint, Fault.MODEL, error) from error
    except hub.HfHubHTTPError as error:
        problem = f"the model {model_id} could not be downloaded"
        raise _as(EndpointError, problem, _UNREACHED, endpoint, Fault.FAILED, error) from error
    except OSError as error:
        if error.errno is None or isinstance(error, ConnectionError | TimeoutError):
            raise _unreached(model_id, endpoint, error) from error
        problem = f"the model {model_id} cannot be written: {error.strerror}"
        raise SettingsError(problem, "HF_HOME names another folder for the cache.") from error
    except Exception as error:  # those of its HTTP client, which is its own business
        raise _unreached(model_id, endpoint, error) from error


def _unreached(model_id: str, endpoint: str, error: Exception) -> EndpointError:
    problem = f"the model {model_id} could not be downloaded: {type(error).__name__}"
    return _as(EndpointError, problem, _UNREACHED, endpoint, Fault.UNREACHED, error)


def _as(kind: type[E], problem: str, hint: str, endpoint: str, fault: Fault, error: Exception) -> E:
    status = getattr(getattr(error, "response", None), "status_code", None)
    host = urlsplit(endpoint)._replace(query="", fragment="")
    url = host._replace(netloc=host.netloc.rpartition("@")[2]).geturl()
    return kind(problem, hint, fault=fault, status=status, provider="hub", url=url)
