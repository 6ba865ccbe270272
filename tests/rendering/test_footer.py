"""The line under a table."""

from dataclasses import replace

from rerank_cli.model import Usage
from rerank_cli.rendering.table import footer
from tests.rendering.rankings import ranking


def test_it_tells_passages_scorer_tokens_and_seconds() -> None:
    """A user would not see who scored, or what it cost."""
    assert (
        footer(ranking(["a", "b"]), 1.234) == "2 passages · siliconflow bge · 123 tokens · 1.23 s"
    )


def test_it_tells_how_many_were_scored_when_fewer_are_shown() -> None:
    """A threshold that dropped nearly everything would go unnoticed."""
    whole = ranking(["a", "b", "c"])
    kept = replace(whole, results=whole.results[:1])
    assert footer(kept, 0.1).startswith("1 of 3 passages · ")


def test_it_tells_how_many_scores_came_from_the_cache() -> None:
    """A user would take old scores for new ones, or think that all of them were paid for."""
    some = ranking(["a", "b"], usage=Usage(1, 123, cached=1))
    assert (
        footer(some, 1) == "2 passages · siliconflow bge · 123 tokens · 1 from the cache · 1.00 s"
    )


def test_what_is_not_known_is_left_out() -> None:
    """Unknown tokens would be told as none, or an unnamed model as None."""
    bare = replace(ranking(["a"], usage=Usage(1)), model=None)
    assert footer(bare, 0.1) == "1 passage · siliconflow · 0.10 s"
