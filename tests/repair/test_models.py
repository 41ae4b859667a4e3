"""A repair by a model: each leg, failing legs before it, every rule of the loop. All is real but the model."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from support.projects import HARMFUL, RIGHT, WRONG, block, calc, plain_pytest, snapshot
from support.replies import TRUNCATED_JSON, Answer, Raw, Reset, Status
from support.scripted_server import PATHS

LEGS = tuple(PATHS)
TWO_BUGS = {
    "calc": "def add(a, b):\n    return a - b\n\n\ndef mul(a, b):\n    return a + b\n",
    "test_calc": "from calc import add, mul\n\n\ndef test_add():\n    assert add(2, 3) == 5\n\n\n"
    "def test_mul():\n    assert mul(2, 3) == 6\n\n\ndef test_zero():\n    assert add(0, 0) == 0\n",
}


@pytest.mark.parametrize("leg", LEGS)
def test_each_leg_repairs(leg: str, server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    server.reply(leg, RIGHT)
    result = cycle(leg).run_autocorrection(project)
    assert (result.success, str(result.outcome), result.applied) == (True, "repaired", True)
    assert result.corrections_applied[0].fixes_applied[0].provider == leg
    assert result.providers[0]["ok"] == 1
    assert len(server.calls(leg)) == 1, "one repair costs one request"
    assert plain_pytest(project) == 0


FAILURES = (Status(429, {"Retry-After": "30"}), Status(500), Status(401), Reset(), Raw(TRUNCATED_JSON))


@pytest.mark.parametrize("failing", [1, 4])
def test_the_first_legs_fail_and_the_next_one_repairs(failing: int, server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    for leg, failure in zip(LEGS[:failing], FAILURES, strict=False):
        server.reply(leg, failure)
    server.reply(LEGS[failing], RIGHT)
    result = cycle(*LEGS).run_autocorrection(project)
    assert result.success
    assert result.corrections_applied[0].fixes_applied[0].provider == LEGS[failing]
    assert [row["provider"] for row in result.providers] == list(LEGS[: failing + 1])
    assert all(row["errors"] for row in result.providers[:failing])
    assert plain_pytest(project) == 0


def test_all_legs_failing_is_told_leg_by_leg(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    before = snapshot(project)
    for leg in LEGS:
        server.reply(leg, Status(500))
    result = cycle(*LEGS).run_autocorrection(project)
    assert (result.success, result.stop_reason, result.exit_status) == (False, "no_fix", 1)
    assert {row["provider"] for row in result.providers} == set(LEGS)
    assert all(row["errors"][0]["kind"] == "server_error" for row in result.providers)
    assert snapshot(project) == before


def test_wrong_first_then_right(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    server.reply("openai", WRONG, RIGHT)
    result = cycle("openai").run_autocorrection(project)
    assert result.success
    assert [str(attempt.verdict) for attempt in result.corrections_applied] == ["still_failing", "plausible"]
    second = server.calls("openai")[1].prompt
    assert "return a - b - 0" in second, "the model is told what its last patch was"
    assert "undone" in second


def test_a_regression_is_rolled_back_and_told(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    server.reply("openai", HARMFUL, RIGHT)
    result = cycle("openai").run_autocorrection(project)
    assert [str(attempt.verdict) for attempt in result.corrections_applied] == ["regressed", "plausible"]
    assert "test_calc.py::test_mul" in server.calls("openai")[1].prompt
    assert "return a * b" in (project / "calc.py").read_text()


def test_useless_answers_converge_and_leave_the_project_alone(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    before = snapshot(project)
    server.reply("openai", WRONG, block("calc.py", "    return a - b", "    return b - a"))
    result = cycle("openai").run_autocorrection(project)
    assert (str(result.outcome), result.stop_reason, result.exit_status) == ("not_repaired", "converged", 1)
    assert result.convergence_achieved and not result.applied
    assert result.iterations_completed == 2
    assert snapshot(project) == before


def test_the_iteration_limit(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    server.reply("openai", WRONG)
    result = cycle("openai", max_iterations=1).run_autocorrection(project)
    assert (result.stop_reason, result.iterations_completed, result.exit_status) == ("iteration_limit", 1, 1)


def test_an_edit_that_does_not_match_is_sent_back_with_the_nearest_lines(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    server.reply("openai", block("calc.py", "def add(a, b):\n    return a minus b", "    return a + b"), RIGHT)
    result = cycle("openai").run_autocorrection(project)
    assert result.success and result.iterations_completed == 1
    first, second = result.calls
    assert (first.ok, second.ok) == (False, True)
    assert str(first.error.kind) == "bad_answer"
    assert "return a - b" in server.calls("openai")[1].json["messages"][-1]["content"]


def test_an_unusable_answer_twice_is_a_reason_to_fall_over(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    server.reply("groq", "I would rather not.")
    server.reply("openai", RIGHT)
    result = cycle("groq", "openai").run_autocorrection(project)
    assert result.success
    assert result.corrections_applied[0].fixes_applied[0].provider == "openai"
    assert len(server.calls("groq")) == 2


def test_a_model_cannot_edit_the_tests(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    before = snapshot(project)
    server.reply("openai", block("test_calc.py", "    assert add(2, 3) == 5", "    assert add(2, 3) == -1"))
    result = cycle("openai").run_autocorrection(project)
    assert not result.success
    assert snapshot(project) == before
    assert "test" in result.providers[0]["errors"][0]["message"]


@pytest.mark.parametrize("path", ["../outside.py", "/tmp/outside.py", ".git/hooks/pre-commit", "conftest.py"])
def test_a_model_cannot_write_elsewhere(path: str, server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    before = snapshot(tmp_path / "project")
    server.reply("openai", f"{path}\n```\nprint('hello')\n```\n")
    assert not cycle("openai").run_autocorrection(project).success
    assert snapshot(project) == before
    assert not (tmp_path / "outside.py").exists()


def test_whole_file_answers(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    server.reply(
        "openai", "calc.py\n```python\ndef add(a, b):\n    return a + b\n\n\ndef mul(a, b):\n    return a * b\n```\n"
    )
    assert cycle("openai").run_autocorrection(project).success
    assert plain_pytest(project) == 0


def test_no_key_is_seen_by_the_tests_or_kept(server, cycle, home: Path, tmp_path: Path):
    reads = "import os\n\n\ndef test_key():\n    assert not [name for name in os.environ if 'KEY' in name]\n"
    project = calc(tmp_path / "project", test_env=reads)
    server.reply("openai", RIGHT)
    result = cycle("openai").run_autocorrection(project)
    assert result.success, "the extra test passes only where no key is visible"
    key = server.environment("openai")["OPENAI_API_KEY"].encode()
    assert not [path for path in home.rglob("*") if path.is_file() and key in path.read_bytes()]


def test_tokens_and_money_are_counted_by_attempt_and_in_all(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    server.reply("openai", WRONG, RIGHT)
    result = cycle("openai", model="gpt-4o-mini").run_autocorrection(project)
    first, second = result.corrections_applied
    assert result.usage == first.usage + second.usage
    assert result.usage.input_tokens > 0 and result.usage.cost_usd


def test_a_budget_of_tokens_ends_the_run(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    server.reply("openai", WRONG)
    result = cycle("openai", budget_tokens=1).run_autocorrection(project)
    assert (str(result.outcome), result.stop_reason, result.exit_status) == ("limit", "budget", 4)


@pytest.mark.parametrize(("model", "said"), [("home-made-7b", True), ("gpt-4o-mini", False)])
def test_a_budget_in_money_says_what_it_cannot_count(model: str, said: bool, server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    server.reply("openai", RIGHT)

    async def lines() -> list[str]:
        stream = cycle("openai", budget_usd=1, model=model).astream(project)
        return [line async for event in stream if event["event"] == "started" for line in event["providers"]]

    assert any("unknown" in line and "--budget-tokens" in line for line in asyncio.run(lines())) is said


def test_the_time_limit_ends_a_hanging_call(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    before = snapshot(project)
    server.reply("openai", Answer(RIGHT, delay=60))
    result = cycle("openai", time_limit=6).run_autocorrection(project)
    assert (str(result.outcome), result.stop_reason, result.exit_status) == ("limit", "time_limit", 4)
    assert result.timing["total_s"] < 12
    assert snapshot(project) == before


def test_the_time_limit_keeps_the_best_patch_seen(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project", **TWO_BUGS)
    before = snapshot(project)
    server.reply("openai", RIGHT, Answer(RIGHT, delay=60))
    result = cycle("openai", time_limit=10).run_autocorrection(project)
    assert (result.stop_reason, result.final_test_results.failed_tests) == ("time_limit", 1)
    assert Path(result.patch_file).read_text() == result.patch
    assert snapshot(project) == before


def test_no_apply_only_shows_and_writes_the_patch(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    before = snapshot(project)
    server.reply("openai", RIGHT)
    result = cycle("openai", apply=False, patch_file=tmp_path / "fix.patch").run_autocorrection(project)
    assert (str(result.outcome), result.applied) == ("repaired", False)
    assert snapshot(project) == before
    assert (tmp_path / "fix.patch").read_text() == result.patch


@pytest.mark.parametrize("partial", [False, True])
def test_a_partial_repair_is_kept_and_written_only_when_asked(partial: bool, server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project", **TWO_BUGS)
    server.reply("openai", RIGHT, block("calc.py", "def mul(a, b):", "def mul(a, b):  # product"))
    result = cycle("openai", apply_partial=partial).run_autocorrection(project)
    assert (result.success, str(result.outcome), result.exit_status) == (False, "not_repaired", 1)
    assert result.final_test_results.failed_tests == 1
    assert Path(result.patch_file).read_text() == result.patch
    assert result.applied is partial
    assert ("return a + b\n\n\ndef mul" in (project / "calc.py").read_text()) is partial


def test_several_samples_are_each_put_to_the_tests(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    server.reply("openai", WRONG, WRONG, HARMFUL, RIGHT)
    result = cycle("openai", samples=4).run_autocorrection(project)
    assert result.success and result.iterations_completed == 1
    assert {call.json["temperature"] for call in server.calls("openai")} == {0.6}
    verdicts = [str(attempt.verdict) for attempt in result.corrections_applied]
    assert verdicts[-1] == "plausible" and len(verdicts) <= 3, "equal answers are tried once"
    assert plain_pytest(project) == 0


def test_improvements_add_up_over_iterations(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project", **TWO_BUGS)
    server.reply(
        "openai", RIGHT, block("calc.py", "def mul(a, b):\n    return a + b", "def mul(a, b):\n    return a * b")
    )
    result = cycle("openai").run_autocorrection(project)
    assert result.success and result.iterations_completed == 2
    assert [attempt.improvement_percentage for attempt in result.corrections_applied] == [50.0, 100.0]
    assert plain_pytest(project) == 0


def test_locked_files_get_a_suggestion_beside_them(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    server.reply("openai", RIGHT)
    result = cycle("openai", lock=("calc.py",)).run_autocorrection(project)
    assert not result.applied
    assert "return a - b" in (project / "calc.py").read_text()
    assert "return a + b" in (project / result.suggestions[0]).read_text()


def test_an_edit_of_the_user_meanwhile_is_never_overwritten(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    edited = (project / "calc.py").read_text() + "\n# written while the run went on\n"

    def answer(json: dict) -> str:
        (project / "calc.py").write_text(edited)
        return RIGHT

    server.reply("openai", answer)
    result = cycle("openai").run_autocorrection(project)
    assert "# written while the run went on" in (project / "calc.py").read_text()
    assert ("return a + b" in (project / "calc.py").read_text()) is result.applied
