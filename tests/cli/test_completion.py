"""Completion, asked for as the shell's script asks."""

import pytest

from tests.running import process, rerank


def _asked(words: str, place: int) -> dict[str, str]:
    return {
        "_RERANK_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(place),
    }


@pytest.mark.process
def test_bash_completes_an_option() -> None:
    """The tab key would do nothing, because options belong to a command that is not typed."""
    done = process(env=_asked("rerank --thr", 1))

    assert (done.code, done.out, done.err) == (0, "--threshold\n", "")


@pytest.mark.parametrize(
    ("words", "place", "expected"),
    [
        ("rerank --thr", 1, ["--threshold"]),
        ("rerank prov", 1, ["providers"]),
        ("rerank q f --max-p", 3, ["--max-passages"]),
        ("rerank q f -f js", 4, ["json", "jsonl"]),
        ("rerank providers --js", 2, ["--json"]),
    ],
)
def test_words_complete(
    monkeypatch: pytest.MonkeyPatch, words: str, place: int, expected: list[str]
) -> None:
    """Commands and values would have to be known by heart."""
    for name, value in _asked(words, place).items():
        monkeypatch.setenv(name, value)
    done = rerank()

    assert (done.code, done.out.split()) == (0, expected)
