"""``aion-r runs export``: pairs of failure and fix, and the tuning job that learns from them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aion_r.core.codec import dump_json
from aion_r.core.domain import (
    Edit,
    FixRequest,
    Patch,
    RunOutcome,
    SourceFile,
    TestFailure,
    TestReport,
)
from aion_r.tools.edits.apply import apply_blocks
from aion_r.tools.edits.diff import unified_diff
from aion_r.tools.edits.reply import parse_reply
from aion_r.tools.runs import RunStore
from support.command_line import BUGGY, REPLACE, SEARCH, CommandLine, answer, document
from support.scripted_server import ScriptedServer
from support.tuning_server import KEY, TuningServer

Configure = Callable[..., CommandLine]


@pytest.fixture
def tuning() -> Iterator[TuningServer]:
    with TuningServer(polls=1) as server:
        yield server


def repaired(
    home: Path, number: int, *, source: str = BUGGY, after: str | None = None, asked: bool = True, **facts: Any
) -> RunStore:
    """A run that repaired failure ``number``, as a real one keeps it."""
    store = RunStore.create(home, home / "project")
    fixed = source.replace("-=", "+=") if after is None else after
    patch = Patch((Edit("cart.py", source.encode(), fixed.encode()),))
    failure = TestFailure(f"test_cart.py::test_{'x' * number}", message="assert -6 == 6")
    report = TestReport("pytest", RunOutcome.COMPLETED, total_tests=2, failed_tests=1, failures=(failure,))
    request = FixRequest("python", "pytest", (failure,), (SourceFile("cart.py", source),))
    store.save_patch(patch)
    if asked:
        request = FixRequest("python", "pytest", (failure,), (SourceFile("cart.py", source),), report="0001")
        store.log_request(dump_json(request).decode())
    store.save_report(report)
    fix = {"file": "cart.py", "strategy": "llm", "explanation": "The sign is wrong."}
    result = {"patch": unified_diff(patch), "corrections_applied": [{"success": True, "fixes_applied": [fix]}]}
    store.finish(result | {"success": True, "outcome": "repaired", "stop_reason": "all_passed", "applied": True})
    store.update(**facts)
    return store


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def export(aion: CommandLine, *arguments: str, status: int = 0) -> dict[str, Any]:
    done = aion.call("runs", "export", "--out", "pairs.jsonl", "--json", *arguments)
    assert done.returncode == status, done.stderr
    return document(done.stdout)


def test_a_real_repair_becomes_the_prompt_that_was_sent_and_the_fix(
    with_model: Configure, server: ScriptedServer, project: Path
) -> None:
    aion = with_model("The sign is wrong.\n\n" + answer())
    assert aion.call("fix").returncode == 0
    told = export(aion)
    (pair,) = lines(project / "pairs.jsonl")
    (call,) = server.calls()
    assert pair["messages"][:2] == call.json["messages"]
    said = pair["messages"][2]["content"]
    assert pair["messages"][2]["role"] == "assistant" and said.startswith("The sign is wrong.\n\ncart.py\n")
    (edit,) = apply_blocks(parse_reply(said), lambda path: BUGGY.encode())
    assert edit.after == BUGGY.replace(SEARCH, REPLACE).encode()
    assert told["train"]["pairs"] == 1 and told["validation"] is None and told["skipped"] == {}
    size = sum(len(message["content"]) for message in pair["messages"])
    assert told["train"]["tokens"] == pytest.approx(size / 4, abs=1)
    assert told["estimate"]["cost_usd"] is None


def test_the_offline_search_teaches_too(aion: CommandLine, project: Path) -> None:
    assert aion.call("fix", "--providers", "offline").returncode == 0
    export(aion)
    (pair,) = lines(project / "pairs.jsonl")
    said = pair["messages"][2]["content"]
    assert f"{SEARCH}\n=======\n{REPLACE}" in said and "candidates tried" not in said


def test_what_makes_no_pair_is_told(aion: CommandLine) -> None:
    repaired(aion.home, 1)
    repaired(aion.home, 1)
    repaired(aion.home, 2, undone_at="2026-01-01T00:00:00+00:00")
    repaired(aion.home, 3, outcome="not_repaired")
    repaired(aion.home, 4, asked=False)
    elsewhere = repaired(aion.home, 5)
    hidden = FixRequest("python", "pytest", (), (SourceFile("other.py", "x = 1\n"),), report="0001")
    (elsewhere.folder / "requests.jsonl").write_bytes(dump_json(hidden) + b"\n")
    told = export(aion)
    assert (told["runs"], told["train"]["pairs"]) == (6, 1)
    assert told["skipped"] == {
        "undone": 1,
        "not repaired": 1,
        "its questions were not kept": 1,
        "its fix changes lines that the prompt did not show": 1,
        "the same failure and fix as another": 1,
    }


def test_no_pairs_is_an_error_that_says_why(aion: CommandLine, project: Path) -> None:
    done = aion.call("runs", "export", "--out", "pairs.jsonl")
    assert done.returncode == 1 and "no pairs: no run is kept" in done.stderr
    repaired(aion.home, 1, outcome="limit")
    done = aion.call("runs", "export", "--out", "pairs.jsonl")
    assert "1 run not repaired" in done.stderr
    assert not (project / "pairs.jsonl").exists()


def test_a_failure_is_on_one_side_only_and_the_same_seed_splits_alike(aion: CommandLine, project: Path) -> None:
    for number in range(12):
        repaired(aion.home, number)
        repaired(aion.home, number, after=BUGGY.replace("result -= price", "result = result + price"))
    told = export(aion, "--validation", "0.25")
    other = project / "pairs.validation.jsonl"
    assert (told["train"]["pairs"], told["validation"]["pairs"]) == (18, 6)

    def failures(file: Path) -> set[str]:
        return {pair["messages"][1]["content"] for pair in lines(file)}

    assert failures(project / "pairs.jsonl") & failures(other) == set()
    first = other.read_bytes()
    export(aion, "--validation", "0.25")
    assert other.read_bytes() == first
    export(aion, "--validation", "0.25", "--seed", "5")
    assert other.read_bytes() != first


SECRETS = {
    "sk-environmentkey0000001": "[OPENAI_API_KEY]",
    "sk-foreignkey00000000001": "[key]",
    "AKIAABCDEFGHIJKLMNOP": "[key]",
    "postgres://me:hunter2secret@db/x": "postgres://me:[password]@db/x",
    'password = "correcthorse"': 'password = "[secret]"',
    "ann@corp.example.net": "someone@example.com",
    "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2lnbmF0dXJl": "[token]",
}


def test_secrets_are_taken_out_of_both_sides(aion: CommandLine, project: Path) -> None:
    aion.variables["OPENAI_API_KEY"] = "sk-environmentkey0000001"
    kept = "".join(f"# {secret}\n" for secret in SECRETS)
    source = f"{kept}a = 1 - 1  # {' '.join(SECRETS)}\n"
    repaired(aion.home, 1, source=source, after=source.replace("1 - 1", "1 + 1"))
    export(aion)
    text = (project / "pairs.jsonl").read_text("utf-8")
    _, user, said = (message["content"] for message in json.loads(text)["messages"])
    for secret, instead in SECRETS.items():
        assert json.dumps(secret)[1:-1] not in text
        assert instead in user and instead in said


def test_the_estimate_with_a_price(aion: CommandLine) -> None:
    repaired(aion.home, 1)
    told = export(aion, "--training-price", "3")
    tokens = told["train"]["tokens"] * told["estimate"]["epochs"]
    assert told["estimate"] == {"epochs": 3, "training_tokens": tokens, "cost_usd": round(tokens * 3e-6, 6)}


def test_upload_start_and_wait(aion: CommandLine, project: Path, tuning: TuningServer, monkeypatch: Any) -> None:
    monkeypatch.setattr("aion_r.providers.tuning._POLL_SECONDS", 0.01)
    aion.variables |= tuning.environment
    for number in range(12):
        repaired(aion.home, number)
    told = export(aion, "--start", "--suffix", "mine", "--seed", "3")
    assert told["uploaded"] == {"training_file": "file-1", "validation_file": "file-2"}
    assert tuning.files["file-1"] == ("fine-tune", (project / "pairs.jsonl").read_bytes())
    assert tuning.files["file-2"] == ("fine-tune", (project / "pairs.validation.jsonl").read_bytes())
    (asked,) = tuning.jobs
    assert asked == {
        "model": "gpt-4o-mini-2024-07-18",
        "training_file": "file-1",
        "validation_file": "file-2",
        "suffix": "mine",
        "seed": 3,
    }
    assert (told["job"]["id"], told["job"]["status"]) == ("ftjob-1", "running")
    done = aion.call("runs", "export", "--out", "pairs.jsonl", "--wait")
    assert "Waiting for ftjob-1" in done.stderr
    assert "OPENAI_MODEL=ft:gpt-4o-mini-2024-07-18:me:aion-r:1" in done.stdout
    assert KEY not in done.stdout + done.stderr + json.dumps(told)


def test_waiting_asks_until_the_job_has_ended(aion: CommandLine, monkeypatch: Any) -> None:
    monkeypatch.setattr("aion_r.providers.tuning._POLL_SECONDS", 0.01)
    for number in range(12):
        repaired(aion.home, number)
    with TuningServer(polls=3, ending="failed") as server:
        aion.variables |= server.environment
        told = export(aion, "--wait", status=1)
    assert told["job"] == {
        "id": "ftjob-1",
        "status": "failed",
        "base_model": "gpt-4o-mini-2024-07-18",
        "model": None,
        "error": "the data are bad",
    }


def test_too_few_pairs_send_nothing(aion: CommandLine, project: Path, tuning: TuningServer) -> None:
    aion.variables |= tuning.environment
    repaired(aion.home, 1)
    done = aion.call("runs", "export", "--out", "pairs.jsonl", "--start")
    assert done.returncode == 2 and "a job needs 10 pairs" in done.stderr
    assert tuning.files == {} and not (project / "pairs.jsonl").exists()
    assert export(aion, "--upload")["uploaded"] == {"training_file": "file-1", "validation_file": None}
    assert tuning.jobs == []


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        ((401, "Incorrect API key"), "refused the key in OPENAI_API_KEY (HTTP 401)"),
        ((404, "Invalid URL"), "does not tune that model, or none at all (HTTP 404)"),
        ((429, "quota"), "lets this key do no more for now (HTTP 429)"),
    ],
)
def test_a_refusal_says_what_to_do(
    aion: CommandLine, tuning: TuningServer, refusal: tuple[int, str], words: str
) -> None:
    aion.variables |= tuning.environment
    repaired(aion.home, 1)
    tuning.refuse = refusal
    done = aion.call("runs", "export", "--out", "pairs.jsonl", "--upload")
    assert done.returncode == 1 and words in done.stderr


def test_without_a_key_nothing_is_written(aion: CommandLine, project: Path) -> None:
    repaired(aion.home, 1)
    done = aion.call("runs", "export", "--out", "pairs.jsonl", "--upload")
    assert done.returncode == 2 and "tuning needs OPENAI_API_KEY" in done.stderr
    assert not (project / "pairs.jsonl").exists()


@pytest.mark.parametrize("share", ["1", "-0.1", "nan", "all"])
def test_bad_shares(aion: CommandLine, share: str) -> None:
    assert aion.call("runs", "export", "--out", "x", "--validation", share).returncode == 2


def test_a_file_that_cannot_be_written(aion: CommandLine, project: Path) -> None:
    repaired(aion.home, 1)
    done = aion.call("runs", "export", "--out", "cart.py/pairs.jsonl")
    assert done.returncode == 1 and "cannot be written" in done.stderr


def test_a_request_is_kept_without_keys(with_model: Configure, project: Path) -> None:
    aion = with_model(answer())
    key = aion.variables["OPENAI_API_KEY"]
    (project / "cart.py").write_text(f"# {key}\n{BUGGY}")
    assert aion.call("fix").returncode == 0
    (kept,) = aion.home.glob("runs/*/requests.jsonl")
    assert key not in kept.read_text() and "# <secret-1>" in kept.read_text()
