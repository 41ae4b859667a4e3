"""The bench of Mocha, Jest and Vitest: variants in a process that stays, in a real view, with real packages."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from aion_r.core.domain import Patch, TestFailure
from aion_r.tools.frameworks.registry import detect
from aion_r.tools.sandbox import open_sandbox
from aion_r.tools.search_repair.batches.node_bench import NodeBench
from aion_r.tools.search_repair.job import SearchJob
from aion_r.tools.search_repair.model import Candidate, Splice
from aion_r.tools.search_repair.trees import TreeSwitcher
from aion_r.tools.search_repair.variants import Variant
from support.node import installed, manifest

BODY = """function total(items) {
  return items.reduce((sum, item) => sum - item.price, 0);
}
"""
TESTS = """it('adds', () => { same(total([{ price: 2 }, { price: 3 }]), 5); });
it('empty', () => { same(total([]), 0); });
"""
ASSERT = "const same = require('assert').strictEqual;\n"
IMPORT = "import { strictEqual as same } from 'node:assert';\n"
COMMON = {
    "src/cart.js": BODY + "module.exports = { total };\n",
    "test/cart.test.js": ASSERT + "const { total } = require('../src/cart');\n" + TESTS,
}
MODULES = {
    "src/cart.mjs": BODY + "export { total };\n",
    "test/cart.test.mjs": IMPORT + "import { total } from '../src/cart.mjs';\n" + TESTS,
}
TYPED = {
    "src/cart.ts": BODY.replace("(items)", "(items: { price: number }[]): number") + "export { total };\n",
    "test/cart.test.ts": IMPORT + "import { it } from 'vitest';\nimport { total } from '../src/cart';\n" + TESTS,
}
LOADED = {
    "src/cart.ts": TYPED["src/cart.ts"],
    "test/cart.test.ts": "declare const it: any;\n" + IMPORT + "import { total } from '../src/cart';\n" + TESTS,
    ".mocharc.json": '{"require": ["ts-node/register", "./test/setup.js"], "spec": ["test/*.test.ts"]}',
    "test/setup.js": "exports.mochaHooks = { beforeEach() { require('assert')(require('../src/cart').total); } };\n",
    "tsconfig.json": '{"compilerOptions": {"module": "commonjs", "esModuleInterop": true, "strict": true}}',
}
BUILT = {
    "src/cart.ts": TYPED["src/cart.ts"],
    "test/cart.test.js": COMMON["test/cart.test.js"].replace("../src/", "../dist/"),
    "tsconfig.json": json.dumps(
        {
            "compilerOptions": {
                "module": "commonjs",
                "outDir": "dist",
                "rootDir": "src",
                "strict": True,
                "types": [],
                "lib": ["es5"],
            },
            "include": ["src"],
        }
    ),
}
CASES = {
    "mocha": ("mocha-11", manifest("mocha test/*.test.js", "mocha"), COMMON),
    "mocha-modules": ("mocha-11", manifest("mocha test/*.test.mjs", "mocha"), MODULES),
    "mocha-typescript": ("mocha-11-typescript", manifest("mocha", "mocha", "ts-node", "typescript"), LOADED),
    "jest": ("jest-30", manifest("jest", "jest"), COMMON),
    "jest-29": ("jest-29", manifest("jest", "jest"), COMMON),
    "vitest": ("vitest-4", manifest("vitest run", "vitest", type="module"), {**TYPED, "tsconfig.json": "{}"}),
    "vitest-3": ("vitest-3", manifest("vitest run", "vitest", type="module"), {**TYPED, "tsconfig.json": "{}"}),
}
WRONG = "sum - item.price"


class Open:
    """A bench on a project of these files, and what its tests are called."""

    def __init__(self, folder: Path, packages: str, files: dict[str, str], keep: ExitStack, **more: object) -> None:
        root = folder / "project"
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        (root / "node_modules").symlink_to(installed(packages))
        self.source = next(name for name in files if name.startswith("src/"))
        self.text = files[self.source]
        test = next(name for name in files if ".test." in name)
        self.adds, self.empty = f"{test} > adds", f"{test} > empty"
        framework, detection = detect(root)
        self.view = keep.enter_context(open_sandbox(root, scratch=folder / "scratch").view(Patch(())))
        settings = {
            "language": detection.language, "framework": framework.name, "passed_ids": (self.empty,), "python": (),
            "failing": (TestFailure(self.adds, test, 2, "-5 is not 5"),), "may_edit": lambda path: True,
            "read": lambda path: (root / path).read_bytes(), "adapter": framework, **more,
        }  # fmt: skip
        job = SearchJob(**settings)  # type: ignore[arg-type]
        self.bench = keep.enter_context(NodeBench(self.view, job, TreeSwitcher(detection.language)))

    def variants(self, *texts: str, place: str = WRONG) -> list[Variant]:
        """One variant for each text that comes to ``place``."""
        start = self.text.index(place)
        splices = [Splice(start, start + len(place), text) for text in texts]
        return [Variant(i, Candidate(self.source, (one,), "x", 2, 1.0)) for i, one in enumerate(splices, 1)]

    def build(self, *texts: str) -> frozenset[int]:
        return self.bench.build({self.source: self.text}, self.variants(*texts))

    def outcomes(self, number: int, limit: float = 20.0) -> tuple[str, ...]:
        answer = self.bench.run(number, [self.adds, self.empty], limit)
        assert answer.end == "ended"
        return tuple(run.outcome for run in answer.runs)

    @property
    def warm(self) -> bool:
        return all(not home.cold for home in self.bench.homes)


Opener = Callable[..., Open]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opener]:
    with ExitStack() as keep:
        yield lambda case, **more: Open(
            tmp_path, CASES[case][0], {"package.json": CASES[case][1], **CASES[case][2]}, keep, **more
        )


@pytest.mark.parametrize("case", CASES)
def test_variants_in_one_process(opened: Opener, case: str):
    project = opened(case)
    assert project.build("sum + item.price", "sum * item.price", "await item", "process.abort()") == {0, 1, 2, 4}
    assert project.warm, "a second run in the same process went another way"
    for _ in range(2):
        assert project.outcomes(0) == ("failed", "passed")
        assert project.outcomes(1) == ("passed", "passed")
        assert project.outcomes(2) == ("failed", "passed")
    died = project.bench.run(4, [project.adds, project.empty], 20.0)
    assert project.adds not in {run.id for run in died.runs if run.outcome == "passed"}
    assert project.outcomes(1) == ("passed", "passed"), "a process that is lost is replaced"
    assert project.build("1", "sum + item.price") == {0, 1, 2}
    assert [project.outcomes(number)[0] for number in (0, 1, 2)] == ["failed", "failed", "passed"]
    assert project.warm


@pytest.mark.parametrize("case", ["mocha", "jest", "vitest"])
def test_an_endless_loop_costs_its_limit(opened: Opener, case: str):
    project = opened(case)
    project.build("(() => { for (;;); })()", "sum + item.price")
    started = time.monotonic()
    answer = project.bench.run(1, [project.adds, project.empty], 1.0)
    assert answer.end == "timeout" and time.monotonic() - started < 4
    assert "passed" not in {run.outcome for run in answer.runs if run.id == project.adds}
    assert project.outcomes(2) == ("passed", "passed")


LEAKY = """const same = require('assert').strictEqual;
const { total } = require('../src/cart');
before(() => { same(process.env.LEFT, undefined); same(typeof left, 'undefined'); same(process.cwd() === '/', false);
});
it('adds', () => {
  process.env.LEFT = 'x'; global.left = 1; process.chdir('/'); same(total([{ price: 2 }, { price: 3 }]), 5);
});
it('empty', () => { same(total([]), 0); });
"""


def test_what_a_run_changes_is_taken_back(opened: Opener, monkeypatch: pytest.MonkeyPatch):
    packages, script, files = CASES["mocha"]
    monkeypatch.setitem(CASES, "leaky", (packages, script, {**files, "test/cart.test.js": LEAKY}))
    project = opened("leaky")
    assert project.build("sum + item.price") == {0, 1}
    assert [project.outcomes(number) for number in (0, 1, 1, 0)] == [
        ("failed", "passed"), ("passed", "passed"), ("passed", "passed"), ("failed", "passed"),
    ]  # fmt: skip
    assert project.warm


def test_a_project_that_cannot_be_loaded_twice_gets_a_process_for_each_run(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
):
    packages, script, files = CASES["mocha"]
    once = "if (process.aionBegun) throw new Error('once only');\nprocess.aionBegun = true;\n"
    text = files["test/cart.test.js"]
    monkeypatch.setitem(CASES, "once", (packages, script, {**files, "test/cart.test.js": once + text}))
    project = opened("once")
    assert project.build("sum + item.price", "await item") == {0, 1}
    assert not project.warm
    assert [project.outcomes(number)[0] for number in (0, 1, 0)] == ["failed", "passed", "failed"]


def test_what_a_compiler_refuses_is_left_out(opened: Opener, monkeypatch: pytest.MonkeyPatch):
    script = manifest("tsc -p . && mocha test/*.test.js", "mocha", "typescript")
    monkeypatch.setitem(CASES, "built", ("mocha-11", script, BUILT))
    project = opened("built")
    assert project.build("sum + item.price", "sum + item.weight") == {0, 1}
    assert [project.outcomes(number)[0] for number in (0, 1)] == ["failed", "passed"]
    assert project.warm


def test_what_the_user_calls_is_followed(opened: Opener):
    project = opened("mocha", test_command="npx mocha test/cart.test.js")
    assert project.build("sum + item.price") == {0, 1}
    assert project.outcomes(1) == ("passed", "passed")
    assert project.warm


@pytest.mark.parametrize("case", ["mocha", "jest", "vitest"])
def test_a_candidate_costs_a_small_part_of_a_run(opened: Opener, case: str):
    project = opened(case)
    texts = [f"sum + item.price * {number}" for number in range(1, 21)]
    assert len(project.build(*texts)) == 21
    project.outcomes(1)
    started = time.process_time(), time.monotonic()
    passed = [number for number in range(1, 21) if project.outcomes(number) == ("passed", "passed")]
    took = time.monotonic() - started[1]
    assert passed == [1]
    assert took / 20 < 0.4 * (3 if os.environ.get("CI") else 1), "about a hundredth of it on an idle machine"
