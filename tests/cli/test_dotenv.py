"""A `.env` in any encoding: read as input is; a warning where it is not needed, else an error."""

from pathlib import Path

import pytest

from tests.running import ONE_LINE, PASSAGES, rerank
from tests.serving import Loopback

_KEY = "sk-made-up-0123456789"
_BROKEN = {
    "a value in a legacy encoding": "SILICONFLOW_API_KEY=键\n".encode("gb18030"),
    "UTF-16 in part": b"A=1\n" + f"SILICONFLOW_API_KEY={_KEY}\r\n".encode("utf-16-le"),
}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
def test_a_key_that_powershell_wrote_is_found(server: Loopback, encoding: str) -> None:
    """`echo KEY=… > .env` of PowerShell would end every command."""
    Path(".env").write_bytes(f"RERANK_API_KEY={_KEY}\r\n".encode(encoding))
    done = rerank("q", PASSAGES, "--base-url", server.url)
    assert (done.code, done.err.count("warning")) == (0, 0)
    assert server.received[0].headers["authorization"] == f"Bearer {_KEY}"


def test_a_comment_in_a_folder_above_is_no_matter() -> None:
    """A comment in GBK, in the `.env` of any folder above, would end every command."""
    Path(".env").write_bytes("# 我的密钥\nDB=1\n".encode("gbk"))
    done = rerank("q", PASSAGES, "-p", "local", "-q")
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("content", _BROKEN.values(), ids=_BROKEN)
@pytest.mark.parametrize(
    "arguments",
    [["q", PASSAGES, "--dry-run"], ["providers"], ["batch", "jobs", "--dry-run"]],
    ids=["dry run", "providers", "batch"],
)
def test_a_command_that_needs_no_key_warns(content: bytes, arguments: list[str]) -> None:
    """A file that the command does not need would end it."""
    Path("jobs").write_text('{"query": "q", "documents": ["a"]}\n', encoding="utf-8")
    Path(".env").write_bytes(content)
    done = rerank(*arguments)
    assert done.code == 0
    assert done.err.startswith(f"rerank: warning: {Path.cwd() / '.env'}")
    assert _KEY not in done.err


@pytest.mark.parametrize("content", _BROKEN.values(), ids=_BROKEN)
def test_a_key_from_elsewhere_goes_on_with_a_warning(server: Loopback, content: bytes) -> None:
    """The key in the environment would not do, because of a file that is not needed."""
    Path(".env").write_bytes(content)
    where = ("-p", "siliconflow", "--base-url", server.url)
    done = rerank("q", PASSAGES, *where, env={"SILICONFLOW_API_KEY": _KEY})
    assert done.code == 0
    assert done.err.startswith("rerank: warning: ") == (b"\0" in content)


@pytest.mark.parametrize("content", _BROKEN.values(), ids=_BROKEN)
@pytest.mark.parametrize("arguments", [[], ["-p", "siliconflow"]])
def test_a_command_that_may_need_it_names_file_and_cure(
    content: bytes, arguments: list[str]
) -> None:
    """The embedded engine would rank for somebody who has set a key."""
    Path(".env").write_bytes(content)
    done = rerank("q", PASSAGES, *arguments)
    assert (done.code, done.out) == (3, "")
    assert ONE_LINE.fullmatch(done.err)
    assert f"rerank: {Path.cwd() / '.env'}:" in done.err
    assert "Save it as UTF-8" in done.err
