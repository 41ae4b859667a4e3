"""How often fault localization ranks the faulty function first, without and with coverage, and how long it takes.

    python benchmarks/localize.py [--projects 20] [--modules 50] [--seed 1]

Every project is drawn from a seed: modules of functions and classes that call earlier ones, tests of some of them.
A fault sits in a random function; every test that reaches it fails, and its record shows the test's assertion only.
*Direct* faults are in a function that a failing test calls, *one level* in one that only such functions call.

Coverage is what the drawn calls say: *failing* knows the lines that the failing tests ran together, *failing by test*
those of each, *all by test* those of the passing tests as well. A test that runs a fault need not see it: the second
table lets a third of them pass all the same.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from aion_r.core.domain import StackFrame, Suspect, TestFailure
from aion_r.tools.localize import read_spectrum, suspects
from aion_r.tools.localize.languages import front_end

VERBS = ("apply", "build", "check", "count", "find", "group", "load", "merge", "parse", "price", "round", "scale")
NOUNS = ("cart", "date", "fee", "graph", "item", "line", "node", "order", "page", "rate", "row", "tax", "token", "unit")


@dataclass
class Function:
    """One function or method, the ones it calls, and its place."""

    module: int
    name: str
    owner: str | None
    calls: list[Function] = field(default_factory=list)

    @property
    def qualname(self) -> str:
        return f"{self.owner}.{self.name}" if self.owner else self.name


@dataclass
class Project:
    """A drawn project: its functions, and tests with the functions that they call up to the failing line."""

    root: Path
    functions: list[Function]
    tests: list[tuple[TestFailure, list[Function]]]

    @cached_property
    def runs(self) -> list[set[int]]:
        """The functions that each test runs."""
        return [reached(called, 6) for _, called in self.tests]

    @cached_property
    def lines(self) -> dict[int, tuple[str, range]]:
        """File and body of each function; its last condition never holds."""
        found = {}
        for module in {function.module for function in self.functions}:
            path = f"src/pkg/mod{module}.py"
            outline = front_end(path).outline((self.root / path).read_text(), path)
            bodies = {one.qualname: range(one.body_line, one.end_line - 1) for one in outline.definitions}
            own = [function for function in self.functions if function.module == module]
            found.update({id(one): (path, bodies[one.qualname]) for one in own})
        return found


def draw(root: Path, modules: int, rng: random.Random) -> Project:
    """Writes a project of ``modules`` modules under ``root``."""
    functions: list[Function] = []
    for number in range(modules):
        own = [_function(number, index, functions, rng) for index in range(rng.randint(4, 9))]
        (root / "src" / "pkg").mkdir(parents=True, exist_ok=True)
        (root / "src" / "pkg" / f"mod{number}.py").write_text(_module(own))
        functions.extend(own)
    (root / "src" / "pkg" / "__init__.py").write_text("")
    (root / "tests").mkdir(exist_ok=True)
    tests = [test for number in range(modules) for test in _tests(root, number, functions, rng)]
    return Project(root, functions, tests)


def _function(module: int, index: int, earlier: list[Function], rng: random.Random) -> Function:
    owner = f"Model{module}" if rng.random() < 0.4 else None
    name = f"{rng.choice(VERBS)}_{rng.choice(NOUNS)}_{index}"
    near = earlier[-60:]
    return Function(module, name, owner, rng.sample(near, min(len(near), rng.choice((0, 0, 1, 1, 2, 3)))))


def _module(functions: list[Function]) -> str:
    lines = [f"from .mod{n} import {names}" for n, names in _needed(functions)]
    for function in (f for f in functions if f.owner is None):
        lines += ["", "", *_body(function, "", "value, factor=2")]
    methods = [f for f in functions if f.owner]
    if methods:
        lines += ["", "", f"class {methods[0].owner}:", "    def __init__(self, base=1):", "        self.base = base"]
        for function in methods:
            lines += ["", *_body(function, "    ", "self, value, factor=2")]
    return "\n".join(lines) + "\n"


def _needed(functions: list[Function]) -> list[tuple[int, str]]:
    modules: dict[int, set[str]] = {}
    for callee in (c for f in functions for c in f.calls):
        modules.setdefault(callee.module, set()).add(callee.owner or callee.name)
    return [(n, ", ".join(sorted(names))) for n, names in sorted(modules.items()) if n != functions[0].module]


def _body(function: Function, indent: str, parameters: str) -> list[str]:
    lines = [f"{indent}def {function.name}({parameters}):", f"{indent}    result = value * factor"]
    lines += [f"{indent}    result += {_call(callee)}" for callee in function.calls]
    return [*lines, f"{indent}    if result > 1000:", f"{indent}        result -= 7", f"{indent}    return result"]


def _call(function: Function, arguments: str = "value") -> str:
    return f"{function.owner}(3).{function.name}({arguments})" if function.owner else f"{function.name}({arguments})"


def _tests(
    root: Path, number: int, functions: list[Function], rng: random.Random
) -> list[tuple[TestFailure, list[Function]]]:
    path = f"tests/test_mod{number}.py"
    lines = ["import pytest"]
    found = []
    subjects = [f for f in functions if f.module == number and rng.random() < 0.6]
    others = [rng.choice(functions) for _ in subjects]
    for used in dict.fromkeys((f.module, f.owner or f.name) for f in (*subjects, *others)):
        lines.append(f"from pkg.mod{used[0]} import {used[1]}")
    for index, (subject, other) in enumerate(zip(subjects, others, strict=True)):
        name = f"test_{subject.name}" if rng.random() < 0.3 else f"test_case_{index}"
        lines += [
            "",
            "",
            f"def {name}():",
            f"    given = {_call(other, '1')}",
            f"    assert {_call(other, '2')} > given - 1",
        ]
        lines += [f"    got = {_call(subject, 'given')}", f"    assert got == {rng.randint(0, 99)}"]
        record = TestFailure(
            f"{path}::{name}",
            path,
            len(lines),
            "assert 3 == 4",
            "assert ==",
            stack=(StackFrame(path, len(lines), name),),
        )
        found.append((record, [subject, other]))
    (root / path).write_text("\n".join(lines) + "\n")
    return found


def reached(functions: list[Function], depth: int) -> set[int]:
    """The functions that ``functions`` call, themselves included, at most ``depth`` calls deep."""
    found = {id(f) for f in functions}
    if depth:
        found |= {i for f in functions for i in reached(f.calls, depth - 1)}
    return found


def coverage(project: Project, failing: list[int], passing: list[int]) -> dict[str, Any]:
    """The report's ``coverage`` of a run of these tests."""
    counts: dict[int, list[int]] = {}
    for verdict, tests in enumerate((failing, passing)):
        for function in (one for test in tests for one in project.runs[test]):
            counts.setdefault(function, [0, 0])[verdict] += 1
    files: dict[str, Any] = {f"src/pkg/mod{function.module}.py": {"ran": [[1, 1]]} for function in project.functions}
    spectrum: dict[str, Any] = {}
    for function, numbers in counts.items():
        path, body = project.lines[function]
        files[path]["ran"].append([body[0], body[-1]])
        spectrum.setdefault(path, []).append([body[0], body[-1], *numbers])
    return {"files": files, "spectrum": {"failed": len(failing), "passed": len(passing), "files": spectrum}}


def known(project: Project, failing: list[int]) -> dict[str, Any]:
    """What may be known of a failure, by name: nothing, and the spectra that coverage gives."""
    alone = coverage(project, failing, [])
    passing = sorted(set(range(len(project.tests))) - set(failing))
    lump = {"files": alone["files"]}
    return {
        "static": None,
        "failing": read_spectrum(None, lump),
        "failing by test": read_spectrum(None, alone),
        "all by test": read_spectrum(coverage(project, failing, passing), None),
    }


def rank(project: Project, fault: Function, failures: list[TestFailure], spectrum: Any = None) -> tuple[int, float]:
    """The fault's rank, 1-based (999 where it is not listed), and the seconds that ranking took."""
    start = time.perf_counter()
    found = suspects(project.root, "python", failures, editable, lambda path: read(project.root, path), spectrum)
    taken = time.perf_counter() - start
    return next((i for i, s in enumerate(found, 1) if _is(s, fault)), 999), taken


def _is(suspect: Suspect, fault: Function) -> bool:
    return suspect.file == f"src/pkg/mod{fault.module}.py" and suspect.function == fault.qualname


def editable(path: str) -> bool:
    return not path.startswith("tests/")


def read(root: Path, path: str) -> bytes | None:
    try:
        return (root / path).read_bytes()
    except OSError:
        return None


Ranks = dict[tuple[str, str], list[int]]


def accuracy(projects: int, modules: int, seed: int, unseen: float) -> None:
    """Prints how often the fault ranks 1st, in the first 3 and in the first 5; of the tests that run it the share
    ``unseen`` passes."""
    ranks: Ranks = {}
    times: dict[str, list[float]] = {}
    for number in range(projects):
        rng, chance = random.Random(f"{seed}:{number}"), random.Random(f"{seed}:{number}:chance")
        with tempfile.TemporaryDirectory() as folder:
            project = draw(Path(folder), modules, rng)
            for fault in rng.sample(project.functions, 20):
                failing = [test for test, ran in enumerate(project.runs) if id(fault) in ran]
                _measure(project, fault, [test for test in failing if chance.random() >= unseen], ranks, times)
    print(f"{projects} projects of {modules} modules, seed {seed}, {unseen:.0%} of the tests that run a fault pass")
    for (kind, name), places in sorted(ranks.items()):
        shares = "  ".join(f"top-{n} {sum(p <= n for p in places) / len(places):6.1%}" for n in (1, 3, 5))
        print(f"  {kind:10} {len(places):5} faults  {name:16} {shares}")
    for name, taken in times.items():
        print(f"  {name:16} median {statistics.median(taken) * 1e3:.1f} ms, worst {max(taken) * 1e3:.1f} ms")


def _measure(
    project: Project, fault: Function, failing: list[int], ranks: Ranks, times: dict[str, list[float]]
) -> None:
    subjects = [project.tests[test][1][0] for test in failing]
    kind = "direct" if fault in subjects else "one level"
    if kind == "direct" or id(fault) in reached(subjects, 1):
        for name, spectrum in known(project, failing).items():
            place, taken = rank(project, fault, [project.tests[test][0] for test in failing], spectrum)
            ranks.setdefault((kind, name), []).append(place)
            times.setdefault(name, []).append(taken)


def scale(seed: int) -> None:
    """Prints the time for one failing test in projects of growing size."""
    for files in (10, 1_000, 10_000):
        rng = random.Random(seed)
        with tempfile.TemporaryDirectory() as folder:
            project = draw(Path(folder), files // 2, rng)
            times = []
            for record, subjects in rng.sample(project.tests, min(15, len(project.tests))):
                times.append(rank(project, subjects[0], [record])[1])
            print(
                f"  {files:6} files: median {statistics.median(times) * 1e3:6.1f} ms, worst {max(times) * 1e3:6.1f} ms"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--projects", type=int, default=20)
    parser.add_argument("--modules", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-scale", action="store_true")
    options = parser.parse_args()
    for unseen in (0.0, 1 / 3):
        accuracy(options.projects, options.modules, options.seed, unseen)
    if not options.no_scale:
        scale(options.seed)


if __name__ == "__main__":
    main()
