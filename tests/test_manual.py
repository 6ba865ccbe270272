"""What the README and the manual list is what the program has; and their links lead somewhere."""

import re
from collections import Counter
from typing import Any

import pytest
import typer
from dotenv import dotenv_values
from rich.cells import cell_len

import rerank_cli
from rerank_cli import Keywords, manual
from rerank_cli.cli.app import COMMANDS, app
from rerank_cli.dialects import DIALECTS
from rerank_cli.errors import ExitCode
from rerank_cli.providers import PROVIDERS
from rerank_cli.reading import FORMATS as INPUT_FORMATS
from rerank_cli.rendering import BATCH_FORMATS
from rerank_cli.rendering import FORMATS as OUTPUT_FORMATS
from rerank_cli.scaling import SCALES
from rerank_cli.settings.user_providers import _KEYS
from tests.pages import DOCUMENTS, MANUAL, PAGES, README, ROOT, cells, named, section
from tests.running import PASSAGES, rerank
from tests.serving import Loopback

ENV_EXAMPLE = ROOT / ".env.example"


def test_the_readme_is_short() -> None:
    """A stranger would have to read a manual to learn what this is."""
    assert README.count("\n") <= 250
    assert "(rerank_cli/manual/chinese.md)" in README.partition("\n## ")[0]


def test_each_page_is_a_topic() -> None:
    """A page would be shipped that `rerank help` neither lists nor shows."""
    assert {*manual.TOPICS} == {*PAGES}
    assert {*manual.OTHER_NAMES.values()} <= {*PAGES}
    assert not {*manual.OTHER_NAMES} & {*PAGES}


@pytest.mark.parametrize("topic", PAGES)
def test_a_page_begins_with_what_it_is_about(topic: str) -> None:
    """The list of topics would not say which page to open, or break in a terminal."""
    title, empty, about, after, *_ = PAGES[topic].splitlines()
    assert title.startswith("# ")
    assert (empty, after) == ("", "")
    assert about
    assert cell_len(about) < 80 - len("endpoints  ")


def _anchors(text: str) -> set[str]:
    """The anchors that a code host gives to the headings of a page."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.*)$", prose, re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]
    assert len({*plain}) == len(plain), "two headings have the same anchor"
    return {*plain}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    """A reader would land on a page that does not exist, or at its top."""
    folder = ROOT if document == "README" else MANUAL
    for target in re.findall(r"\]\(([^)]+)\)", DOCUMENTS[document]):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        path = folder / file if file else None
        assert path is None or path.is_file(), target
        text = path.read_text(encoding="utf-8") if path else DOCUMENTS[document]
        assert not anchor or anchor in _anchors(text), target


def test_the_readme_links_to_every_page() -> None:
    """A page would be found only by who knows its topic."""
    linked = {*re.findall(r"\(rerank_cli/manual/(\w+)\.md", README)}
    assert linked == {*PAGES}


def test_no_sentence_stands_twice() -> None:
    """Of two copies, one would be out of date."""
    sentences: Counter[str] = Counter()
    for text in DOCUMENTS.values():
        prose = re.sub(r"^```.*?^```$|^\|.*$", "", text, flags=re.MULTILINE | re.DOTALL)
        found = re.split(r"(?<=[.:])\s+|\n\n", prose)
        sentences.update({" ".join(each.split()) for each in found if len(each) > 60})
    assert [each for each, times in sentences.items() if times > 1] == []


def _commands() -> dict[str, Any]:
    """Name → command; what stands under another has both names (`cache info`)."""
    group: Any = typer.main.get_command(app)
    found = {"": group}
    for name in ("rank", *COMMANDS):
        command = group.get_command(None, name)
        found[name] = command
        found |= {f"{name} {each}": sub for each, sub in getattr(command, "commands", {}).items()}
    return found


def _options(command: Any) -> dict[str, str]:
    """Each option's names → the topic under which the help page has it."""
    return {
        name: getattr(param, "rich_help_panel", None) or "Other"
        for param in command.params
        for name in param.opts
        if name.startswith("-")
    }


def _listed(text: str) -> set[str]:
    """The options in the first column of a page's tables."""
    return {name for cell in cells(text) for name in re.findall(r"`(--?[\w-]+)", cell)}


@pytest.mark.parametrize("name", _commands())
def test_every_option_of_a_command_is_listed(name: str) -> None:
    """An option of the command would stand neither on the page of options nor on its own."""
    topic = name.partition(" ")[0]
    page = PAGES[manual.OTHER_NAMES.get(topic, topic) or "options"]
    missing = {*_options(_commands()[name])} - _listed(PAGES["options"]) - _listed(page)
    assert not missing


def test_no_other_option_is_listed() -> None:
    """An option that was renamed or removed would still be explained."""
    known = {name for command in _commands().values() for name in _options(command)}
    assert {name for page in PAGES.values() for name in _listed(page)} - known == {"--help"}


def test_options_stand_under_the_topics_of_the_help_page() -> None:
    """`rerank --help` and the manual would sort the same options in two ways."""
    topics = {**_options(_commands()[""]), **_options(_commands()["rank"])}
    for name, topic in topics.items():
        assert name in _listed(section(PAGES["options"], topic)), name


@pytest.mark.parametrize(
    ("page", "heading", "known"),
    [
        ("input", "Formats", INPUT_FORMATS),
        ("output", "Formats", OUTPUT_FORMATS),
        ("scores", "Mapped scores", SCALES),
        ("endpoints", "Endpoints by a name of your own", _KEYS),
        ("endpoints", "Wire formats", DIALECTS),
    ],
)
def test_a_table_has_every_name_and_no_other(page: str, heading: str, known: Any) -> None:
    """A format, a way to map scores or a wire format would be there that nobody finds."""
    column = 1 if page == "input" else 0
    listed = cells(section(PAGES[page], heading), column)
    assert {name for cell in listed for name in named(cell)} - {"--json"} == {*known}


def test_the_formats_of_options_are_those_of_the_program() -> None:
    """The table of options would name a format that is refused, or leave one out."""
    rows = {name: row for row in PAGES["options"].splitlines() for name in named(row)[:2]}
    assert {*INPUT_FORMATS} <= {*named(rows["--input-format NAME"])}
    assert {*OUTPUT_FORMATS} <= {*named(rows["--format NAME"])}
    rows = {name: row for row in PAGES["batch"].splitlines() for name in named(row)[:2]}
    assert {*BATCH_FORMATS} <= {*named(rows["--format NAME"])}


def test_the_exit_codes_are_those_of_the_program() -> None:
    """The table of exit codes has all of them, and 70 for bugs."""
    codes = {int(code) for code in cells(section(PAGES["errors"], "Exit codes"))}
    assert codes == {*ExitCode, 70}


def test_the_json_keys_are_those_of_the_program(server: Loopback) -> None:
    """The table of keys has every key of a result that has them all."""
    command = ("x", PASSAGES.replace(".txt", ".jsonl"), "--json", "--scores", "minmax", "-m", "m")
    found, again = (rerank(*command, "--base-url", server.url, "--cache").json for _ in range(2))
    keys = {*found} - {"results", "usage"}
    keys |= {f"results[].{key}" for key in found["results"][0]}
    keys |= {f"usage.{key}" for key in (*found["usage"], *again["usage"])}
    listed = cells(section(PAGES["output"], "JSON"))
    assert {key for cell in listed for key in named(cell)} == keys


def _variables() -> set[str]:
    own = {"RERANK_PROVIDER", "RERANK_MODEL", "RERANK_BASE_URL", "RERANK_API_KEY"}
    own |= {"RERANK_PRICE_PER_MILLION", "RERANK_CACHE"}
    own |= {row.account for row in PROVIDERS.values() if row.account}
    keys = (name for row in PROVIDERS.values() for name in (*row.key_variables, *row.borrowed))
    return own.union(keys)


def test_every_variable_is_explained() -> None:
    """The page of settings and .env.example have every variable that the settings read."""
    example = ENV_EXAMPLE.read_text(encoding="utf-8")
    assert {*re.findall(r"^#(\w+)=", example, re.MULTILINE)} == _variables()
    assert not [name for name in _variables() if f"`{name}`" not in PAGES["settings"]]


def test_the_keys_of_each_provider_are_those_of_the_program() -> None:
    """A key would be set under a name that its provider does not read."""
    table = section(PAGES["settings"], "Keys")
    listed = zip(cells(table), cells(table, 1), strict=True)
    known = {name: [*row.key_variables] for name, row in PROVIDERS.items() if row.key_variables}
    assert {name: named(variables) for name, variables in listed} == known


def test_a_copied_env_example_sets_nothing() -> None:
    """.env.example as it stands is only comments, so that a copy changes nothing."""
    assert dotenv_values(ENV_EXAMPLE) == {}


def test_every_public_name_stands_on_the_page_of_python() -> None:
    """A Python user would not find what there is."""
    page = PAGES["python"]
    assert [name for name in rerank_cli.__all__ if not re.search(rf"\b{name}\b", page)] == []
    missing = [name for name in Keywords.__annotations__ if not re.search(rf"`?{name}\b", page)]
    assert missing == []
