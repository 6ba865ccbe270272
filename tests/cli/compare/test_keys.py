"""Which key goes where when several providers are asked at once."""

from tests.running import rerank

_WHERE = ("compare", "q", "-m", "jina", "-m", "voyage")
_GENERAL = {"RERANK_API_KEY": "sk-general"}


def test_one_key_is_not_sent_to_several_companies() -> None:
    """A key meant for one company would travel to all that are compared."""
    done = rerank(*_WHERE, stdin=b"a\nb\n", env=_GENERAL)
    assert (done.code, done.out) == (3, "")
    assert "RERANK_API_KEY (environment) is not sent to several providers" in done.err
    assert "set JINA_API_KEY" in done.err


def test_each_provider_needs_a_key_of_its_own() -> None:
    """With one key set, the other provider would be asked with it, or without any."""
    done = rerank(*_WHERE, stdin=b"a\nb\n", env={**_GENERAL, "JINA_API_KEY": "jina_x"})
    assert done.code == 3
    assert "voyage" in done.err
    assert "set VOYAGE_API_KEY" in done.err
