"""How often static fault localization ranks the faulty function first, and how long it takes in large projects.

    python benchmarks/localize.py [--projects 40] [--modules 50] [--seed 1]

Every project is drawn from a seed: modules of functions and classes that call earlier ones, tests of some of them.
A fault sits in a random function; every test that reaches it fails, and its record shows the test's assertion only.
*Direct* faults are in a function that a failing test calls, *one level* in one that only such functions call.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from aion_r.core.domain import StackFrame, Suspect, TestFailure
from aion_r.tools.localize import suspects

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


def rank(project: Project, fault: Function, failures: list[TestFailure]) -> tuple[int, float]:
    """The fault's rank, 1-based (999 where it is not listed), and the seconds that ranking took."""
    start = time.perf_counter()
    found = suspects(project.root, "python", failures, editable, lambda path: read(project.root, path))
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


def accuracy(projects: int, modules: int, seed: int) -> None:
    """Prints how often the fault ranks 1st, in the first 3 and in the first 5."""
    ranks: dict[str, list[int]] = {"direct": [], "one level": []}
    times: list[float] = []
    for number in range(projects):
        rng = random.Random(f"{seed}:{number}")
        with tempfile.TemporaryDirectory() as folder:
            project = draw(Path(folder), modules, rng)
            for fault in rng.sample(project.functions, 20):
                failing = [test for test in project.tests if id(fault) in reached(test[1], 6)]
                subjects = [test[1][0] for test in failing]
                kind = "direct" if fault in subjects else "one level"
                if kind == "direct" or id(fault) in reached(subjects, 1):
                    place, taken = rank(project, fault, [record for record, _ in failing])
                    ranks[kind].append(place)
                    times.append(taken)
    ranks["both"] = ranks["direct"] + ranks["one level"]
    print(f"{projects} projects of {modules} modules, seed {seed}")
    for kind, places in ranks.items():
        shares = "  ".join(f"top-{n} {sum(p <= n for p in places) / len(places):6.1%}" for n in (1, 3, 5))
        print(f"  {kind:10} {len(places):5} faults  {shares}")
    print(f"  median {statistics.median(times) * 1e3:.1f} ms, worst {max(times) * 1e3:.1f} ms")


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
    parser.add_argument("--projects", type=int, default=40)
    parser.add_argument("--modules", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-scale", action="store_true")
    options = parser.parse_args()
    accuracy(options.projects, options.modules, options.seed)
    if not options.no_scale:
        scale(options.seed)


if __name__ == "__main__":
    main()
