"""Commands whose errors all read differently, and what of their behaviour is no words."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pytest

from rerank_cli.errors import RerankError
from tests.running import rerank
from tests.serving import Loopback, Respond

Words = Callable[[str], str]

Server = AbstractContextManager[Any]

_MARKED = "«{}»".format
"""Words that can be told from others."""


@dataclass(frozen=True)
class _Reworded:
    """An attribute of errors whose texts read as `words` makes of them."""

    name: str
    words: Words

    def __get__(self, error: RerankError | None, owner: type) -> str | None:
        text: str | None = vars(error)[self.name] if error else None
        return None if text is None else self.words(text)

    def __set__(self, error: RerankError, text: str | None) -> None:
        vars(error)[self.name] = text


def _tree(kind: type[RerankError] = RerankError) -> Iterator[type[RerankError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _tree(each)


def _reword(patch: pytest.MonkeyPatch, words: Words) -> list[RerankError]:
    """Change the words of all errors; returns those that are put into words from now on."""
    seen: list[RerankError] = []

    def message_of(original: property) -> property:
        def message(error: RerankError) -> str:
            seen.append(error)
            return words(str(original.__get__(error)))

        return property(message)

    for kind in _tree():
        if "message" in vars(kind):
            patch.setattr(kind, "message", message_of(vars(kind)["message"]))
    for name in ("problem", "hint"):
        patch.setattr(RerankError, name, _Reworded(name, words), raising=False)
    return seen


@dataclass(frozen=True)
class Behaviour:
    """What a command did; `fixes` are the doctor's, whose own words stay."""

    code: int
    sent: int
    output: list[Any]
    errors: list[dict[str, Any]]
    fixes: list[str] = field(compare=False)


def _facts(error: RerankError) -> dict[str, Any]:
    """The facts of an error that are no words, and that are the same in each run."""
    known = {each.name: getattr(error, each.name) for each in fields(error)}
    words = ("problem", "hint", "said", "seconds", "url")
    facts = {name: value for name, value in known.items() if name not in words}
    return {"type": type(error), **facts}


def _collapsed(fix: str) -> str:
    """A fix in which all marked words are alike."""
    while fix != (fix := re.sub("«[^«»]*»|«»", "·", fix)):
        pass
    return fix


@dataclass(frozen=True)
class Command:
    """A command line, and the server that it meets."""

    name: str
    respond: Respond
    arguments: tuple[str, ...] = ("q", "--base-url", "{url}")
    lines: str = "one\ntwo\nthree\nfour\n"
    environ: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    def behaviour(self, words: Words, server: Server | None = None) -> Behaviour:
        """What it does with the words of all errors changed."""
        with pytest.MonkeyPatch.context() as patch, server or Loopback(self.respond) as running:
            seen = _reword(patch, words)
            arguments = [each.replace("{url}", running.url) for each in self.arguments]
            Path("jobs.jsonl").write_text(self.lines, encoding="utf-8")
            outcome = rerank(*arguments, stdin=self.lines, env=self.environ)
            sent = len(getattr(running, "received", ()))
        assert "internal error" not in outcome.err
        errors = [_facts(error) for error in seen]
        output, fixes = _read(outcome.out.replace(running.url.rsplit("/", 1)[0], "{url}"))
        return Behaviour(outcome.code, sent, output, errors, fixes)


def _read(out: str) -> tuple[list[Any], list[str]]:
    """What of an output is no words of errors, and the doctor's fixes."""
    try:
        found = json.loads(out)
    except ValueError:
        return out.splitlines(), []
    fixes = [_collapsed(each["cure"]) for each in found["findings"] if each["cure"]]
    return [(each["name"], each["well"]) for each in found["findings"]], fixes


def unchanged(command: Command, server: Callable[[], Server | None] = lambda: None) -> Behaviour:
    """The behaviour, which must be the same under the usual and under any other words."""
    usual = command.behaviour(str, server())
    marked = command.behaviour(_MARKED, server())
    other = command.behaviour(lambda _: "«»", server())
    assert usual == marked == other
    assert marked.fixes == other.fixes
    return usual
