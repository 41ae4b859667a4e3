"""What is known need not be asked: fixes that were seen to repair, and answers of a run that was killed."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from aion_r.core.domain import CallRecord, Edit, Patch, Proposal
from aion_r.core.errors import NoEdit
from aion_r.providers.chain import FixChain
from aion_r.providers.shelf import MOST_ENTRY_BYTES, Shelf
from support.fixes import FIX, PATCH, REQUEST, SOURCE, chain_of, read
from support.scripted_server import KEYS, ScriptedServer


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        scripted.reply("openai", FIX)
        scripted.reply("groq", FIX)
        yield scripted


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def run(chain: FixChain, request=REQUEST, repaired: Patch | None = None, ends: bool = True, count: int = 1) -> Proposal:
    """One run that asks once; it ends well, ends without a repair, or is killed."""

    async def once() -> Proposal:
        (proposal, *_) = await chain.propose_several(request, count)
        if repaired:
            chain.repaired(repaired, proposal.provider, proposal.model or "", proposal.explanation)
        if ends:
            await chain.aclose()
        return proposal

    return asyncio.run(once())


def chain(
    server: ScriptedServer, home: Path, *names: str, records: list[CallRecord] | None = None, **given
) -> FixChain:
    given = {"home": home, "cache": True, "reread": lambda patch: patch} | given
    return chain_of(server.environment(*(names or ("openai",))), records, **given)


class RedOnce:
    """Refuses the first answer, whatever it is: the files have changed, or a run has tried it."""

    def __init__(self) -> None:
        self.answers: list[str] = []

    def __call__(self, answer: str) -> Patch:
        self.answers.append(answer)
        if len(self.answers) == 1:
            raise NoEdit("tried before")
        return read(answer)


@pytest.mark.parametrize("count", [1, 3])
def test_a_fix_that_repaired_saves_the_call(server: ScriptedServer, home: Path, count: int) -> None:
    first = run(chain(server, home), repaired=PATCH)
    asked = len(server.calls())
    noisy = replace(REQUEST.failures[0], output="took 0.123 s at 0x7f00", message="assert 100 == 90 at 0x7f00")
    records: list[CallRecord] = []
    again = chain(server, home, records=records)
    second = run(again, replace(REQUEST, failures=(noisy,), report="0007"), count=count)
    assert len(server.calls()) == asked == 1
    assert second.patch == first.patch == PATCH
    assert (second.provider, second.model) == ("openai", "gpt-4o-mini")
    assert second.explanation == "The limit itself must get the discount. (known from an earlier run)"
    assert not records and second.usage.input_tokens == 0


OTHERS = {
    "another failure": {"failures": (replace(REQUEST.failures[0], test_id="tests/test_basket.py::test_other"),)},
    "another value": {"failures": (replace(REQUEST.failures[0], expected="91"),)},
    "another source": {"sources": (replace(REQUEST.sources[0], text=SOURCE + "# new\n"),)},
    "another test": {"tests": (replace(REQUEST.tests[0], text="x"),)},
    "another prompt": {"system_prompt": "Be brief."},
    "not the first question": {"feedback": "The last patch was undone."},
}


@pytest.mark.parametrize("change", OTHERS.values(), ids=list(OTHERS))
def test_it_belongs_to_failures_sources_and_prompt(server: ScriptedServer, home: Path, change: dict) -> None:
    run(chain(server, home), repaired=PATCH)
    run(chain(server, home), replace(REQUEST, **change))
    assert len(server.calls()) == 2


def test_it_belongs_to_the_model(server: ScriptedServer, home: Path) -> None:
    run(chain(server, home), repaired=PATCH)
    run(chain(server, home, "groq"))
    assert [call.provider for call in server.calls()] == ["openai", "groq"]
    run(chain(server, home, "groq", "openai"))  # any model of the chain that has repaired it will do
    assert len(server.calls()) == 2


def test_without_a_cache_every_run_asks(server: ScriptedServer, home: Path) -> None:
    for _ in range(2):
        run(chain(server, home, cache=False), repaired=PATCH)
    assert len(server.calls()) == 2
    assert not (home / "cache").exists()


def test_what_may_not_be_written_any_more_is_asked(server: ScriptedServer, home: Path) -> None:
    run(chain(server, home), repaired=PATCH)

    def protected(patch: Patch) -> Patch:
        raise NoEdit("basket.py has changed since")

    proposal = run(chain(server, home, reread=protected), repaired=PATCH)
    assert (proposal.patch, len(server.calls())) == (PATCH, 1)  # the answer itself is known too, and is read anew
    assert "known" not in proposal.explanation
    reader = RedOnce()
    assert run(chain(server, home, reread=protected, read=reader)).patch == PATCH
    assert (len(reader.answers), len(server.calls())) == (2, 2)


def test_the_answer_to_a_run_that_was_killed_is_used(server: ScriptedServer, home: Path) -> None:
    run(chain(server, home), ends=False)
    assert run(chain(server, home)).patch == PATCH
    assert len(server.calls()) == 1


def test_an_answer_that_repaired_nothing_is_asked_again(server: ScriptedServer, home: Path) -> None:
    for _ in range(2):
        run(chain(server, home))
    assert len(server.calls()) == 2


def test_an_answer_that_does_not_apply_any_more_is_asked_again(server: ScriptedServer, home: Path) -> None:
    run(chain(server, home), ends=False)
    reader = RedOnce()
    assert run(chain(server, home, read=reader)).patch == PATCH
    assert len(server.calls()) == 2 and len(reader.answers) == 2


def test_what_does_not_repair_any_more_is_forgotten(server: ScriptedServer, home: Path) -> None:
    run(chain(server, home), repaired=PATCH)
    for asked in (1, 1, 2):  # the fix is tried, then the answer behind it; neither repairs here
        run(chain(server, home))
        assert len(server.calls()) == asked
    run(chain(server, home), repaired=PATCH)
    for _ in range(2):
        run(chain(server, home), repaired=PATCH)
    assert len(server.calls()) == 3


def test_samples_are_new_answers(server: ScriptedServer, home: Path) -> None:
    run(chain(server, home), ends=False)
    run(chain(server, home), count=3)
    assert len(server.calls()) == 4


def test_samples_that_came_before_a_kill_are_not_paid_again(server: ScriptedServer, home: Path) -> None:
    run(chain(server, home), count=3, ends=False)
    run(chain(server, home), count=4)
    assert len(server.calls()) == 4


def test_nothing_secret_is_kept(server: ScriptedServer, home: Path) -> None:
    key = KEYS["openai"][1]
    secret = Patch((Edit("basket.py", SOURCE.encode(), f"KEY = {key!r}\n".encode()),))
    server.script("openai", FIX + f"\nKEY = {key}")
    run(chain(server, home), repaired=secret, ends=False)
    kept = [file.read_text() for file in home.rglob("*.json")]
    assert not [text for text in kept if key in text]
    run(chain(server, home))
    assert len(server.calls()) == 2


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b'{"patch": 3}', b'{"text": 7}'])
def test_a_broken_entry_is_none(server: ScriptedServer, home: Path, content: bytes) -> None:
    run(chain(server, home), repaired=PATCH)
    for file in (home / "cache").iterdir():
        file.write_bytes(content)
    assert run(chain(server, home)).patch == PATCH
    assert len(server.calls()) == 2


def test_a_folder_that_cannot_be_written_is_no_cache(server: ScriptedServer, home: Path) -> None:
    home.mkdir()
    (home / "cache").write_text("a file")
    assert run(chain(server, home), repaired=PATCH).patch == PATCH


def test_the_least_recently_used_entries_go(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "cache", most_bytes=10_000)
    for number in range(9):
        shelf.put(f"key {number}", {"text": "x" * 1_000})
        for at, file in enumerate(sorted(shelf.folder.iterdir(), key=lambda f: f.stat().st_mtime)):
            os.utime(file, (1_000 + at, 1_000 + at))
    assert shelf.get("key 0")  # used: the newest now
    shelf.put("one more", {"text": "x" * 2_000})
    assert shelf.get("key 0") and shelf.get("one more")
    assert shelf.get("key 1") is None
    assert sum(file.stat().st_size for file in shelf.folder.iterdir()) <= 10_000


def test_an_entry_of_any_size_does_not_push_out_the_others(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("small", {"text": "x"})
    shelf.put("large", {"text": "x" * (MOST_ENTRY_BYTES + 1)})
    assert shelf.get("large") is None and shelf.get("small") == {"text": "x"}


SCRIPT = """
import json, sys
from pathlib import Path
from aion_r.providers.shelf import Shelf
shelf, bad = Shelf(Path(sys.argv[1]), most_bytes=60_000), 0
for number in range(150):
    shelf.put(f"key {number % 7}", {"text": sys.argv[2] * 4_000, "number": number})
    found = shelf.get(f"key {number % 7}")
    bad += found is not None and len(set(found["text"])) != 1
    shelf.put(f"other {sys.argv[2]} {number}", {"text": "y" * 2_000})
print(bad)
"""


def test_processes_share_it_without_half_entries(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    running = [subprocess.Popen([*command, letter], stdout=subprocess.PIPE, cwd="/") for letter in "abc"]
    assert [json.loads(one.communicate()[0]) for one in running] == [0, 0, 0]
    assert all(json.loads(file.read_bytes())["text"] for file in tmp_path.glob("*.json"))
    assert not list(tmp_path.glob("*.new"))
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 70_000
