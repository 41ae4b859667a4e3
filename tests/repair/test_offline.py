"""Repair without any key or network, and the search as the last leg of the chain."""

from __future__ import annotations

from pathlib import Path

from aion_r import AutocorrectionCycle
from aion_r.core.settings import read_environment
from support.projects import CALC, WRONG, block, calc, plain_pytest, snapshot, write
from support.replies import Status


def test_no_key_and_no_network(variables, tmp_path: Path):
    project = calc(tmp_path / "project")
    result = AutocorrectionCycle(environment=read_environment(environ=variables)).run_autocorrection(project)
    assert (str(result.outcome), result.applied) == ("repaired", True)
    fix = result.corrections_applied[0].fixes_applied[0]
    assert (fix.file, str(fix.strategy), fix.provider, fix.model) == ("calc.py", "offline", "offline", None)
    assert "candidates tried" in fix.explanation
    assert result.usage.cost_usd == 0.0 and result.to_dict()["usage"]["llm_calls"] == 0
    assert result.timing["search_s"] > 0
    assert plain_pytest(project) == 0


def test_the_search_takes_over_when_no_provider_answers(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    server.reply("openai", Status(503))
    result = cycle("openai", providers=("openai", "offline")).run_autocorrection(project)
    assert result.success
    assert [(row["provider"], row["ok"]) for row in result.providers] == [("openai", 0), ("offline", 1)]


def test_the_search_has_the_last_word_when_the_model_is_stuck(server, cycle, tmp_path: Path):
    project = calc(tmp_path / "project")
    server.reply("openai", WRONG, block("calc.py", "    return a - b", "    return b - a"))
    result = cycle("openai", providers=("openai", "offline")).run_autocorrection(project)
    assert result.success
    authors = [attempt.fixes_applied[0].provider for attempt in result.corrections_applied]
    assert authors == ["openai", "openai", "offline"]
    assert plain_pytest(project) == 0


def test_what_the_search_cannot_repair_is_left_as_it_was(cycle, tmp_path: Path):
    tests = "from calc import add\n\n\ndef test_add():\n    assert add('roman', 'numeral') == {'MCMXCIV': 1994}\n"
    project = calc(tmp_path / "project", test_calc=tests)
    before = snapshot(project)
    result = cycle(search_seconds=20).run_autocorrection(project)
    assert (result.success, result.stop_reason, result.exit_status) == (False, "no_fix", 1)
    assert "candidates" in result.providers[0]["errors"][0]["message"]
    assert snapshot(project) == before


def test_two_faults_in_two_files(cycle, tmp_path: Path):
    shop = "from calc import add\n\n\ndef total(prices):\n    whole = 1\n"
    shop += "    for price in prices:\n        whole = add(whole, price)\n    return whole\n"
    tests = "from shop import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n\n\n"
    tests += "def test_empty():\n    assert total([]) == 0\n"
    project = write(calc(tmp_path / "project"), {"shop.py": shop, "test_shop.py": tests})
    result = cycle().run_autocorrection(project)
    assert result.success, result.to_dict()
    assert {fix.file for attempt in result.corrections_applied for fix in attempt.fixes_applied} == {
        "calc.py",
        "shop.py",
    }
    assert plain_pytest(project) == 0


def test_a_source_that_does_not_load_is_repaired(cycle, tmp_path: Path):
    project = calc(tmp_path / "project", calc="import maths\n\n\n" + CALC.replace("a - b", "maths.floor(a + b)"))
    result = cycle().run_autocorrection(project)
    assert result.success, (result.message, result.initial_test_results)
    assert plain_pytest(project) == 0
