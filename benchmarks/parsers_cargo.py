"""Random Rust tests whose outcome is known, and the reports of as many tests as wanted; see ``parsers.py``."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from aion_r.benchmarks.parsers import Known, Score, compare, run_adapter, write
from aion_r.tools.frameworks.rust.cargo import Cargo
from aion_r.tools.frameworks.rust.cargo_program import Program

RUST_VALUES: list[Callable[[random.Random], str]] = [
    lambda r: str(r.randint(-99, 99)),
    lambda r: f'"{r.choice(["alpha", "two words", "line" + chr(92) + "nline", "a: b", ""])}{r.randint(0, 9)}"',
    lambda r: "[" + ", ".join(str(r.randint(0, 9)) for _ in range(3)) + "]",
    lambda r: f"Some({r.randint(0, 99)})",
    lambda r: f"({r.randint(0, 99)}, 'x')",
]


def rust_suite(rng: random.Random, number: int) -> tuple[str, dict[str, Known]]:
    """One integration test file and the tests of it that fail."""
    lines: list[str] = []
    known: dict[str, Known] = {}
    for index in range(rng.randint(2, 9)):
        kind = rng.choice(
            ["pass", "ignore", "equal", "equal", "equal", "unequal", "assert", "unwrap", "result", "should", "thread"]
        )
        name, file = f"t{index}", f"tests/s{number}.rs"
        identifier = f"big::s{number} {name}"
        lines += [
            *(["#[ignore]"] if kind == "ignore" else []),
            *(["#[should_panic]"] if kind == "should" else []),
            "#[test]",
        ]
        lines.append(f"fn {name}() " + ("-> Result<(), String> {" if kind == "result" else "{"))
        defined, maker = len(lines), rng.choice(RUST_VALUES)
        e, a = maker(rng), maker(rng)
        while a == e:
            a = maker(rng)
        if kind == "equal":
            lines += ['    println!("before");'] * rng.randint(0, 1)
            lines.append(
                f"    assert_eq!({a}, {e}" + rng.choice([");", ', "with a message");', ', "{} and\\n{}", 1, 2);'])
            )
            known[identifier] = Known(file, len(lines), e, a)
        elif kind == "unequal":
            lines.append(f"    assert_ne!({a}, {a});")
            known[identifier] = Known(file, len(lines), f"not {a}", a)
        elif kind in ("assert", "unwrap", "thread"):
            text = {"assert": "assert!(1 > 2);", "unwrap": 'Err::<i32, _>("no").unwrap();',
                    "thread": 'std::thread::spawn(|| panic!("x")).join().unwrap();'}[kind]  # fmt: skip
            lines.append(f"    {text}")
            known[identifier] = Known(file, len(lines))
        elif kind == "result":
            lines.append('    Err("bad".to_string())')
            known[identifier] = Known(file, defined)
        elif kind == "should":
            known[identifier] = Known(file, defined)
        lines.append("}")
    return "\n".join(lines) + "\n", known


def cargo_section(suites: int, root: Path, rng: random.Random) -> Score:
    """``suites`` integration test files of one crate, against the summaries that plain ``cargo test`` prints."""
    files, known = (
        {"Cargo.toml": '[package]\nname = "big"\nversion = "0.1.0"\nedition = "2021"\n', "src/lib.rs": ""},
        {},
    )
    for number in range(suites):
        files[f"tests/s{number}.rs"], failing = rust_suite(rng, number)
        known.update(failing)
    write(root, files)
    report, completed, seconds = run_adapter(Cargo().for_project(root), root)
    print(f"cargo: ran {completed.seconds:.1f} s, parsed in {seconds * 1000:.0f} ms", file=sys.stderr)
    command = ["cargo", "test", "--no-fail-fast", "--offline"]
    plain = subprocess.run(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        env={**os.environ, "RUST_BACKTRACE": "0"},
    ).stdout  # fmt: skip
    score = Score(suites, report.total_tests)
    blocks = {
        m[1]: m[2]
        for m in re.finditer(r"^ +Running tests/(s\d+)\.rs .*?\n(.*?^test result: [^\n]*)", plain, re.S | re.M)
    }
    for number in range(suites):
        program, text = f"big::s{number}", blocks.get(f"s{number}", "")
        ours = [[one.partition(" ")[2] for one in group if one.startswith(program + " ")]
                for group in (report.passed_ids, [f.test_id for f in report.failures], report.skipped_ids)]  # fmt: skip
        summary = re.search(r"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;", text, re.M)
        theirs = [int(group) for group in summary.groups()] if summary else []
        named = re.findall(r"^test (\S+)(?: - should panic)? \.\.\. FAILED$", text, re.M)
        score.counts_right += list(map(len, ours)) == theirs
        score.names_right += sorted(ours[1]) == sorted(named)
        if list(map(len, ours)) != theirs or sorted(ours[1]) != sorted(named):
            score.wrong.append(f"{program}: {ours} for {theirs}, {named}")
    compare(score, report, known, files)
    return score


def cargo_report(tests: int) -> bytes:
    """What libtest prints of as many tests, every tenth of them failing."""
    lines = [f'{{ "type": "suite", "event": "started", "test_count": {tests} }}\n']
    for n in range(tests):
        lines.append(f'{{ "type": "test", "event": "started", "name": "tests::t{n}" }}\n')
        if n % 10:
            lines.append(f'{{ "type": "test", "name": "tests::t{n}", "event": "ok" }}\n')
        else:
            said = f"\\nthread 'tests::t{n}' (7) panicked at src/lib.rs:9:5:\\n"
            said += f"assertion `left == right` failed\\n  left: {n}\\n right: 1\\n"
            lines.append(f'{{ "type": "test", "name": "tests::t{n}", "event": "failed", "stdout": "{said}" }}\n')
    return "".join(lines).encode()


def cargo_condensed(report: bytes, out: Path) -> None:
    """What our runner makes of it while the tests run."""
    what = {"id": "big", "folder": "", "source": "", "harness": True}
    settings = {"out": str(out), "report": "aion_r_cargo_tests.jsonl", "ids": None}
    program = Program("", [], what, settings)
    program.write({"type": "program", **what})
    for line in report.splitlines(keepends=True):
        program.take(line)
    program.write({"type": "end", "status": 101, "stderr": ""})
    (out / "aion_r_cargo_stream.txt").write_bytes(b'{"reason": "targets", "libraries": {}}\n')


def cargo_project(tests: int) -> dict[str, str]:
    """A crate of so many tests, every tenth of them failing. Building 10⁵ takes minutes and 7 GB."""
    lines = [f"#[test] fn t{n}() {{ {f'assert_eq!({n}, 1);' if n % 10 == 0 else ''} }}\n" for n in range(tests)]
    manifest = '[package]\nname = "big"\nversion = "0.1.0"\nedition = "2021"\n\n[profile.test]\ndebug = 0\n'
    return {"Cargo.toml": manifest, "src/lib.rs": "".join(lines)}


CARGO_PLAIN = ["cargo", "test", "--no-fail-fast", "--offline"]
