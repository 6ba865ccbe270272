"""The table of providers, at every width."""

from dataclasses import replace

import pytest
from rich.cells import cell_len

from rerank_cli.providers import PROVIDERS
from rerank_cli.rendering.provider_table import render_providers

ROWS = [(row, None) for row in PROVIDERS.values()]
_FULL = render_providers(ROWS)


def test_without_a_width_nothing_is_cut() -> None:
    """A script that reads the table through a pipe would miss names."""
    assert "…" not in _FULL
    assert _FULL.splitlines()[0].split() == [
        "name",
        "where",
        "model",
        "passages",
        "rpm",
        "tpm",
        "key",
    ]


@pytest.mark.parametrize("width", [60, 80, 100, 120, 140, 200])
def test_lines_fit_a_terminal(width: int) -> None:
    """The table would break into pieces in a terminal that is not wide."""
    lines = render_providers(ROWS, width).splitlines()
    least = max(len(f"{row.name}  none ({row.key_variables[:1]})") for row, _ in ROWS) + 16
    assert max(map(len, lines)) <= max(width, least)
    assert len(lines) == len(ROWS) + 1


@pytest.mark.parametrize("width", [20, 80, 100])
def test_names_and_key_variables_are_never_cut(width: int) -> None:
    """A user would not know what to type after -p, or which variable to set."""
    lines = render_providers(ROWS, width).splitlines()[1:]
    for (row, _), line in zip(ROWS, lines, strict=True):
        assert line.startswith(f"{row.name} ")
        assert not row.needs_key or row.key_variables[0] in line


def test_columns_are_aligned_by_cells_not_characters() -> None:
    """The row of a provider with a Chinese model would stand out of line, or wrap."""
    jina = PROVIDERS["jina"]
    wide = replace(jina, model="重排序" * 8)
    for width in (None, 70):
        _, first, second = render_providers([(jina, "KEY"), (wide, "KEY")], width).splitlines()
        assert cell_len(first) == cell_len(second)
        assert width is None or cell_len(first) <= width


def test_a_guess_is_marked() -> None:
    """A guess would pass for what the endpoint's documentation says."""
    lines = {line.split()[0]: line for line in _FULL.splitlines()}
    assert " ~100 " in lines["siliconflow"]
    assert " 1000 " in lines["cohere"]


def test_a_key_is_told_by_its_place() -> None:
    """A user could not tell whether a key was found, and where."""
    row = PROVIDERS["jina"]
    assert render_providers([(row, "JINA_API_KEY (environment)")]).endswith(
        "JINA_API_KEY (environment)\n"
    )
