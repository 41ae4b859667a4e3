"""``cargo test`` through the real toolchain: counts, places, values, ids that select, and every way to end badly."""
# ruff: noqa: E501 - sources of other languages, each a line

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path

import pytest

from aion_r.core.domain import Edit, Patch, RunOutcome
from aion_r.tools.frameworks.protocol import TestJob
from aion_r.tools.frameworks.rust.cargo import Cargo, silence
from aion_r.tools.frameworks.rust.cargo_project import split_id, steps_for
from aion_r.tools.frameworks.rust.cargo_values import read_panic
from aion_r.tools.sandbox import open_sandbox
from aion_r.tools.sandbox.patching import update
from aion_r.tools.sandbox.protocol import Completed
from support.compiled import Compiled, Ran

MANIFEST = '[package]\nname = "calc-lib"\nversion = "0.1.0"\nedition = "2021"\n'
LIB = """/// Adds.
///
/// ```
/// assert_eq!(calc_lib::add(1, 2), 3);
/// ```
/// ```
/// assert!(calc_lib::add(0, 0) == 0);
/// ```
/// ```ignore
/// nothing
/// ```
pub fn add(a: i32, b: i32) -> i32 {
    a - b
}

pub fn last(items: &[i32]) -> i32 {
    items[items.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds() {
        println!("printed");
        assert_eq!(add(1, 2), 3, "for {}", "one");
    }

    #[test]
    fn differs() {
        assert_ne!(add(1, 0), 1);
    }

    #[test]
    fn passes() {
        use std::io::Write;
        let lie = "{ \\"type\\": \\"test\\", \\"name\\": \\"tests::lie\\", \\"event\\": \\"failed\\" }\\nno line end";
        std::io::stdout().write_all(lie.as_bytes()).unwrap();
    }

    #[test]
    #[ignore = "slow"]
    fn ignored() {}

    #[test]
    fn returns() -> Result<(), String> {
        Err("boo".into())
    }

    #[test]
    #[should_panic(expected = "this")]
    fn panics_otherwise() {
        panic!("that\\nand more");
    }

    #[test]
    #[should_panic]
    fn does_not_panic() {}

    #[test]
    fn indexes() {
        last(&[1]);
    }

    #[test]
    fn spawns() {
        std::thread::spawn(|| panic!("inside")).join().unwrap();
    }

    mod deeper {
        #[test]
        fn adds() {
            let nothing: Option<i32> = None;
            nothing.unwrap();
        }
    }
}
"""
FILES: dict[str, str | bytes] = {
    "Cargo.toml": MANIFEST + '\n[[test]]\nname = "own"\nharness = false\n',
    "src/lib.rs": LIB,
    "src/main.rs": "fn main() {}\n#[test]\nfn adds() {}\n",
    "tests/smoke.rs": "#[test]\nfn adds() {\n    assert!(calc_lib::add(1, 1) == 2);\n}\n#[test]\nfn adds_more() {}\n",
    "tests/own.rs": 'fn main() {\n    eprintln!("custom");\n    std::process::exit(4);\n}\n',
}  # fmt: skip
DEATHS = """#[test]
fn a_first() {}

#[test]
fn b_aborts() {
    std::process::abort();
}

fn deep(n: u64) -> u64 {
    if n == u64::MAX { 0 } else { deep(n + 1) + 1 }
}

#[test]
fn c_overflows() {
    println!("{}", deep(1));
}

#[test]
fn d_exits() {
    std::process::exit(3);
}

#[test]
fn e_fails() {
    assert_eq!(1, 2);
}

#[test]
fn f_last() {}
"""


@pytest.fixture(scope="module")
def calc(tmp_path_factory: pytest.TempPathFactory) -> tuple[Compiled, Ran]:
    made = Compiled(tmp_path_factory.mktemp("calc"), "cargo", FILES)
    return made, made.run()


def test_unit_integration_and_doc_tests_are_counted_once(calc: tuple[Compiled, Ran]) -> None:
    _, ran = calc
    assert ran.report.outcome is RunOutcome.COMPLETED, ran.report.message
    assert ran.counts == (4, 11, 0, 2)
    assert set(ran.report.passed_ids) == {
        "calc-lib tests::passes", "calc-lib::bin/calc-lib adds", "calc-lib::smoke adds_more", "calc-lib::doc src/lib.rs - add #2",
    }  # fmt: skip
    assert set(ran.report.skipped_ids) == {"calc-lib tests::ignored", "calc-lib::doc src/lib.rs - add #3"}
    assert not any("lie" in name for name in ran.failing)
    assert ran.framework.progress(ran.job) == (ran.report.passed_tests, ran.report.failing) == (4, 11)


def test_places_values_and_messages(calc: tuple[Compiled, Ran]) -> None:
    _, ran = calc
    adds = ran.failure("calc-lib tests::adds")
    assert (adds.file, adds.line, adds.expected, adds.actual, adds.assertion_type) == (
        "src/lib.rs",
        27,
        "3",
        "-1",
        "assert_eq!",
    )
    assert (
        adds.message == "assertion `left == right` failed: for one\n  left: -1\n right: 3" and "printed" in adds.output
    )
    assert [(f.file, f.line, f.function) for f in adds.stack] == [("src/lib.rs", 27, "adds")]
    differs = ran.failure("tests::differs")
    assert (differs.expected, differs.actual, differs.assertion_type) == ("not 1", "1", "assert_ne!")
    returns = ran.failure("tests::returns")
    assert (returns.message, returns.file, returns.line, returns.assertion_type) == (
        'Error: "boo"',
        "src/lib.rs",
        47,
        "Result",
    )
    otherwise = ran.failure("panics_otherwise")
    assert (otherwise.expected, otherwise.actual, otherwise.line) == ('"this"', '"that\\nand more"', 54)
    assert (ran.failure("does_not_panic").expected, ran.failure("does_not_panic").line) == ("a panic", 59)
    indexes = ran.failure("tests::indexes")
    assert [(f.line, f.function) for f in indexes.stack] == [(62, "indexes"), (17, None)]
    assert (indexes.line, indexes.message) == (17, "index out of bounds: the len is 1 but the index is 1")
    assert (ran.failure("tests::spawns").message, ran.failure("tests::spawns").line) == ("inside", 68)
    assert (ran.failure("deeper::adds").assertion_type, ran.failure("deeper::adds").line) == ("unwrap", 75)
    smoke = ran.failure("smoke adds")
    assert (smoke.file, smoke.line, smoke.message) == (
        "tests/smoke.rs",
        3,
        "assertion failed: calc_lib::add(1, 1) == 2",
    )
    doc = ran.failure("calc-lib::doc src/lib.rs - add")
    assert (doc.file, doc.expected, doc.actual) == ("src/lib.rs", "3", "-1") and doc.line == 4
    own = ran.failure("calc-lib::own")
    assert "status 4" in own.message and "custom" in own.output


def test_every_printed_id_selects_exactly_that_test(calc: tuple[Compiled, Ran]) -> None:
    made, ran = calc
    for name in ("calc-lib tests::adds", "calc-lib::smoke adds", "calc-lib::bin/calc-lib adds", "calc-lib::own",
                 "calc-lib::doc src/lib.rs - add #2", "calc-lib tests::ignored"):  # fmt: skip
        report = made.run([name]).report
        assert [*(f.test_id for f in report.failures), *report.passed_ids, *report.skipped_ids] == [name]
    again = made.run(ran.failing)
    assert sorted(again.failing) == sorted(ran.failing) and again.counts == (0, 11, 0, 0)


def test_ids_of_doc_tests_stay_when_lines_move(calc: tuple[Compiled, Ran], tmp_path: Path) -> None:
    _, ran = calc
    moved = Compiled(tmp_path, "cargo", {**FILES, "src/lib.rs": "// moved\n\n" + LIB}).run(
        ["calc-lib::doc src/lib.rs - add"]
    )
    assert moved.failing == ["calc-lib::doc src/lib.rs - add"]
    before, now = ran.failure("doc src/lib.rs - add").line, moved.report.failures[0].line
    assert before is not None and now == before + 2


def test_ids_are_taken_apart() -> None:
    assert split_id("calc::doc src/lib.rs - add #2") == ("calc::doc", "src/lib.rs - add #2")
    assert split_id("calc") == ("calc", "")
    assert steps_for(["a t::x", "a::bin/app y", "a::smoke z", "b::doc src/lib.rs - T::f", "b::doc README.md -"]) == [
        ["-p", "a", "--lib", "--bin", "app", "--test", "smoke"],
        ["-p", "b", "--doc", "--", "T::f", "README.md"],
    ]


def test_deaths_name_their_culprits_and_hide_no_other_test(tmp_path: Path) -> None:
    ran = Compiled(tmp_path, "cargo", {"Cargo.toml": MANIFEST, "src/lib.rs": "", "tests/deaths.rs": DEATHS}).run()
    assert ran.report.outcome is RunOutcome.CRASHED
    assert set(ran.report.passed_ids) == {"calc-lib::deaths a_first", "calc-lib::deaths f_last"}
    found = {failure.test_id.rpartition(" ")[2]: failure for failure in ran.report.failures}
    assert sorted(found) == ["b_aborts", "c_overflows", "d_exits", "e_fails"]
    assert "SIGABRT" in found["b_aborts"].message and "overflowed its stack" in found["c_overflows"].message
    assert "status 3" in found["d_exits"].message and found["e_fails"].expected == "2"
    assert (found["b_aborts"].file, found["b_aborts"].line) == ("tests/deaths.rs", 5)


def test_hangs_are_ended_and_the_rest_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hang = "#[test]\nfn a() {}\n#[test]\nfn b_hangs() {\n    loop {\n        std::thread::park();\n    }\n}\n#[test]\nfn c() {}\n"
    made = Compiled(
        tmp_path,
        "cargo",
        {"Cargo.toml": MANIFEST, "src/lib.rs": "", "tests/hang.rs": hang, "tests/zoo.rs": "#[test]\nfn z() {}\n"},
    )
    monkeypatch.setattr("aion_r.tools.frameworks.rust.cargo.silence", lambda timeout: 1.0)
    ran = made.run()
    (failure,) = ran.report.failures
    assert ran.report.outcome is RunOutcome.TIMED_OUT
    assert (failure.test_id, failure.file, failure.line, failure.assertion_type) == (
        "calc-lib::hang b_hangs",
        "tests/hang.rs",
        4,
        "timeout",
    )
    assert "no sign of life for 1 s" in failure.message
    assert set(ran.report.passed_ids) == {"calc-lib::hang a", "calc-lib::hang c", "calc-lib::zoo z"}
    assert (silence(300), silence(3000), silence(5)) == (20, 200, 4)


LIARS = """use std::io::Write;
fn say(kind: &str, name: &str) {
    let line = match kind {
        "started" => format!("{{ \\"type\\": \\"test\\", \\"event\\": \\"started\\", \\"name\\": \\"{name}\\" }}\\n"),
        _ => format!("{{ \\"type\\": \\"test\\", \\"name\\": \\"{name}\\", \\"event\\": \\"{kind}\\" }}\\n"),
    };
    std::io::stdout().write_all(line.as_bytes()).unwrap();
}
#[test] fn a_lies_and_fails() { say("ok", "a_lies_and_fails"); assert_eq!(1, 2); }
#[test] fn b_makes_up_a_test() { say("started", "ghost"); say("ok", "ghost"); }
#[test] fn c_slanders() { std::thread::sleep(std::time::Duration::from_millis(50)); say("failed", "d_fine"); }
#[test] fn d_fine() { std::thread::sleep(std::time::Duration::from_millis(400)); }
#[test] fn e_foretells() { say("started", "z_fails"); say("ok", "z_fails"); }
#[test] fn z_fails() { assert_eq!(3, 4); }
"""


def test_tests_that_print_what_libtest_prints_change_nothing(tmp_path: Path) -> None:
    ran = Compiled(tmp_path, "cargo", {"Cargo.toml": MANIFEST, "src/lib.rs": "", "tests/liars.rs": LIARS}).run()
    names = {one.rpartition(" ")[2] for one in ran.report.passed_ids}
    assert (ran.counts, names) == ((4, 2, 0, 0), {"b_makes_up_a_test", "c_slanders", "d_fine", "e_foretells"})
    found = {failure.test_id.rpartition(" ")[2]: failure.actual for failure in ran.report.failures}
    assert found == {"a_lies_and_fails": "1", "z_fails": "3"}


@pytest.mark.parametrize("edition", ["2021", "2024"])
def test_a_doc_test_that_hangs_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edition: str) -> None:
    hang = "/// ```\n/// loop { std::thread::park(); }\n/// ```\npub fn hangs() {}\n/// ```\n/// assert!(true);\n/// ```\npub fn fine() {}\n"
    made = Compiled(tmp_path, "cargo", {"Cargo.toml": MANIFEST.replace("2021", edition), "src/lib.rs": hang})
    monkeypatch.setattr("aion_r.tools.frameworks.rust.cargo.silence", lambda timeout: 2.0)
    ran = made.run()
    (failure,) = ran.report.failures
    assert (ran.report.outcome, failure.test_id) == (RunOutcome.TIMED_OUT, "calc-lib::doc src/lib.rs - hangs")
    assert (failure.file, failure.line, failure.assertion_type) == ("src/lib.rs", 1, "timeout")
    assert ran.report.passed_ids == ("calc-lib::doc src/lib.rs - fine",)


NEXTEST = """#!{python}
import json, pathlib, re, sys
here = pathlib.Path(__file__).parent
(here / "calls.jsonl").open("a").write(json.dumps(sys.argv[2:]) + chr(10))
if sys.argv[2] == "list":
    print((here / "list.json").read_text())
    raise SystemExit(0)
config = next(word.partition(":")[2] for word in sys.argv if word.startswith("--tool-config-file="))
if (here / "broken").exists():
    print("error: no such profile")
    raise SystemExit(96)
pathlib.Path(re.search(r'path = "(.*)"', pathlib.Path(config).read_text())[1]).write_text((here / "junit.xml").read_text())
raise SystemExit(100)
"""


@pytest.fixture
def nextest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that answers as nextest 0.9.148 answered: its report and its list are recorded."""
    folder = tmp_path / "nextest"
    folder.mkdir()
    for name in ("junit.xml", "list.json"):
        shutil.copy(Path(__file__).parent / "recorded" / "nextest" / name, folder)
    (folder / "cargo-nextest").write_text(NEXTEST.replace("{python}", sys.executable))
    (folder / "cargo-nextest").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


NEXTEST_LIB = """/// ```
/// assert_eq!(nx::add(1, 2), 3);
/// ```
pub fn add(a: i32, b: i32) -> i32 {
    a + b
}
"""
NEXTEST_FILES: dict[str, str | bytes] = {
    "Cargo.toml": MANIFEST.replace("calc-lib", "nx"), "src/lib.rs": NEXTEST_LIB, ".config/nextest.toml": "",
    "tests/smoke.rs": "#[test]\nfn a() {}\n",
}  # fmt: skip


def test_nextest_is_used_where_the_project_is_set_up_for_it(tmp_path: Path, nextest: Path) -> None:
    ran = Compiled(tmp_path / "made", "cargo", NEXTEST_FILES).run()
    assert ran.report.outcome is RunOutcome.TIMED_OUT
    assert ran.report.passed_ids == ("nx tests::ok", "nx::doc src/lib.rs - add")
    assert ran.report.skipped_ids == ("nx tests::ign",)
    kinds = {failure.test_id: failure.assertion_type for failure in ran.report.failures}
    assert kinds == {
        "nx tests::abort": "crash", "nx tests::exit": "crash", "nx tests::res": "Result", "nx tests::sp": "should_panic",
        "nx tests::eq": "assert_eq!", "nx::smoke a": "assert!", "nx::smoke hang": "timeout",
    }  # fmt: skip
    assert (ran.failure("tests::eq").expected, ran.failure("tests::sp").expected) == ("4", '"x"')
    assert ran.failure("smoke a").line == 1 and "SIGABRT" in ran.failure("abort").message
    assert "printed" in ran.failure("tests::eq").output and "running 1 test" not in ran.failure("exit").message


def test_ids_and_commands_reach_nextest(tmp_path: Path, nextest: Path) -> None:
    made = Compiled(tmp_path / "made", "cargo", NEXTEST_FILES)
    assert made.run(["nx tests::eq", "nx::smoke a"]).failing == ["nx tests::eq", "nx::smoke a"]
    ran = made.run(command="cargo nextest run --profile ci -p nx")
    assert ran.counts == (1, 7, 0, 1)  # its own command runs no doc tests
    run, _, again, _ = (json.loads(line) for line in (nextest / "calls.jsonl").read_text().splitlines())
    assert "(binary_id(=nx) & (test(=tests::eq))) | (binary_id(=nx::smoke) & (test(=a)))" in run
    assert "--profile=ci" in again and again[-2:] == ["-p", "nx"]


def test_where_nextest_cannot_run_cargo_does_and_a_command_says_why(tmp_path: Path, nextest: Path) -> None:
    (nextest / "broken").touch()
    made = Compiled(tmp_path / "made", "cargo", NEXTEST_FILES)
    assert made.run().report.passed_ids == ("nx::smoke a", "nx::doc src/lib.rs - add")
    report = made.run(command="cargo nextest run").report
    assert report.outcome is RunOutcome.CRASHED and "no such profile" in report.message


def test_the_compiler_is_read_with_code_and_suggestion(tmp_path: Path) -> None:
    source = "pub fn f() {\n    let v = vec![1];\n    for i in v {\n        let _ = i;\n    }\n    drop(v);\n}\n"
    made = Compiled(tmp_path, "cargo", {"Cargo.toml": MANIFEST, "src/lib.rs": source})
    made.write({"tests/smoke.rs": '#[test]\nfn a() {\n    let x: i32 = "s";\n}\n'})
    ran = made.run()
    (failure,) = ran.report.failures
    assert (ran.report.outcome, ran.counts) == (RunOutcome.BUILD_FAILED, (0, 0, 1, 0))
    assert (failure.test_id, failure.file, failure.line, failure.assertion_type) == (
        "calc-lib",
        "src/lib.rs",
        6,
        "error[E0382]",
    )
    assert "src/lib.rs:6:10" in failure.message and "consider iterating over a slice" in failure.message
    made.write({"src/lib.rs": source.replace("in v", "in &v")})
    again = made.run(["calc-lib::smoke"])
    assert again.failing == ["calc-lib::smoke"] and again.report.failures[0].line == 3
    made.write({"tests/smoke.rs": "#[test]\nfn a() {}\n"})
    assert made.run(["calc-lib::smoke"]).report.passed_ids == ("calc-lib::smoke a",)


def test_a_workspace_is_run_whole_with_its_paths(tmp_path: Path) -> None:
    member = {"Cargo.toml": MANIFEST, "src/lib.rs": "#[test]\nfn same() {\n    assert_eq!(1, 2);\n}\n"}
    files = {
        f"crates/{name}/{file}": text.replace("calc-lib", name)
        for name in ("one", "two")
        for file, text in member.items()
    }
    made = Compiled(tmp_path, "cargo", {**files, "Cargo.toml": '[workspace]\nmembers = ["crates/*"]\nresolver = "2"\n'})
    ran = made.run()
    assert [(f.test_id, f.file, f.line) for f in ran.report.failures] == [
        ("one same", "crates/one/src/lib.rs", 3), ("two same", "crates/two/src/lib.rs", 3),
    ]  # fmt: skip
    assert made.run(["two same"]).failing == ["two same"]


def test_manifests_in_folders(tmp_path: Path) -> None:
    made = Compiled(
        tmp_path, "cargo", {"rust/Cargo.toml": MANIFEST, "rust/src/lib.rs": "#[test]\nfn a() {\n    panic!();\n}\n"}
    )
    ran = made.run()
    assert [(f.test_id, f.file, f.line) for f in ran.report.failures] == [("calc-lib a", "rust/src/lib.rs", 3)]
    assert (Cargo().detect(made.root) or pytest.fail("not detected")).reason.startswith("rust/Cargo.toml is a manifest")


@pytest.mark.parametrize("command", ["cargo test", "sh test.sh", "cargo test --quiet -- --nocapture --test-threads=1"])
def test_any_command_that_ends_in_cargo_test(calc: tuple[Compiled, Ran], command: str) -> None:
    made, ran = calc
    made.write({"test.sh": "cargo --version && cargo test --all-features\n"})
    again = made.run(command=command)
    assert (sorted(again.failing), again.counts) == (sorted(ran.failing), ran.counts)
    assert made.run(["calc-lib tests::adds"], command=command).failing == ["calc-lib tests::adds"]


def test_no_tests_broken_manifests_and_missing_crates(tmp_path: Path) -> None:
    made = Compiled(tmp_path, "cargo", {"Cargo.toml": MANIFEST, "src/lib.rs": "pub fn f() {}\n"})
    assert made.run().report.outcome is RunOutcome.NO_TESTS
    made.write({"Cargo.toml": MANIFEST + "nonsense\n"})
    broken = made.run().report
    assert (broken.outcome, broken.failures[0].file, broken.failures[0].line) == (
        RunOutcome.BUILD_FAILED,
        "Cargo.toml",
        5,
    )
    made.write({"Cargo.toml": MANIFEST + '\n[dependencies]\nsurely-not-there-7 = "1"\n'})
    lost = made.run()
    assert lost.report.outcome is RunOutcome.BUILD_FAILED
    assert lost.framework.missing_dependency(made.root, lost.report) == "surely-not-there-7 (cargo fetch)"
    made.write({"Cargo.toml": MANIFEST + 'rust-version = "1.999"\n'})
    newer = made.run()
    assert (newer.framework.missing_dependency(made.root, newer.report) or "").startswith("rustc 1.999")


def test_detection_gives_its_reason(tmp_path: Path) -> None:
    assert Cargo().detect(tmp_path) is None
    (tmp_path / "Cargo.toml").write_text(MANIFEST)
    bare = Cargo().detect(tmp_path)
    (tmp_path / "lib.rs").write_text("#[cfg(test)]\nmod tests {}\n")
    tested = Cargo().detect(tmp_path)
    assert bare is not None and tested is not None and bare.confidence < 0.5 < tested.confidence
    assert tested.reason == "Cargo.toml is the manifest of calc-lib, and lib.rs holds tests"


@pytest.mark.parametrize(("path", "expected"), [
    ("tests/a.rs", True), ("crates/x/benches/b.rs", True), ("Cargo.toml", True), ("x/CARGO.LOCK", True), ("src/cart/tests.rs", True),
    (".cargo/config.toml", True), ("src/lib.rs", False), ("src/testing.rs", False), ("src/latest.rs", False), ("build.rs", False),
])  # fmt: skip
def test_files_that_fixes_may_not_touch(path: str, expected: bool) -> None:
    assert Cargo().is_test_file(path) is expected


@pytest.mark.parametrize(("old", "new", "reason"), [
    ("a - b", "a + b", None),
    ("/// Adds.", "/// Adds two numbers.", None),
    ("pub fn last", "/// ```\n/// calc_lib::last(&[1]);\n/// ```\npub fn last", None),
    ("assert_ne!(add(1, 0), 1);", "assert_ne!(add(1, 0), 2);", "unit test"),
    ("    #[test]\n    fn differs", "    #[test]\n    #[ignore]\n    fn differs", "unit test"),
    ("#[cfg(test)]\nmod tests", "#[cfg(any())]\nmod tests", "unit test"),
    ("#[cfg(test)]\nmod", "/* #[cfg(test)]\nmod", "unit test"),
    ("pub fn last", "#[cfg(not(test))]\npub fn other() {}\npub fn last", "unit test"),
    ("a - b", "if cfg!(test) { 3 } else { a - b }", "unit test"),
    ("pub fn last", "macro_rules! assert_eq { ($($t:tt)*) => {}; }\npub fn last", "macro"),
    ("assert_eq!(calc_lib::add(1, 2), 3);", "assert_eq!(calc_lib::add(1, 2), -1);", "doc test"),
    ("/// ```\n/// assert!", "/// ```text\n/// assert!", "doc test"),
    ("    assert!(calc_lib::last(&[1]) == 1);", "    assert!(true);", "doc test"),
    ("//! A library.", "//! A library of sums.", None),
])  # fmt: skip
def test_tests_inside_source_files_are_guarded(old: str, new: str, reason: str | None) -> None:
    before = (
        "//! A library.\n//!\n//!     assert!(calc_lib::last(&[1]) == 1);\n//!\n//! Text\n//!     that goes on.\n" + LIB
    )
    after = before.replace(old, new, 1)
    assert after != before
    found = Cargo().guarded_region("src/lib.rs", before.encode(), after.encode())
    assert found is None if reason is None else reason in (found or "")


def test_in_a_real_view(tmp_path: Path) -> None:
    made = Compiled(tmp_path, "cargo", FILES)
    framework = Cargo().for_project(made.root)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with open_sandbox(made.root, scratch=scratch).view(Patch()) as view:
        job = TestJob(view.root, view.out, timeout=90)
        completed = view.run(framework.command(job), 90)
        report = framework.parse(job, completed)
    assert (report.outcome, report.failed_tests) == (RunOutcome.COMPLETED, 11), completed.output


@pytest.mark.parametrize(("text", "expected", "actual"), [
    ("thread 't' (12) panicked at src/lib.rs:1:2:\nassertion `left == right` failed\n  left: \"a\\nb\"\n right: \"c\"\nnote: run with `RUST_BACKTRACE=1`", '"c"', '"a\\nb"'),
    ("thread 't' panicked at 'assertion failed: `(left == right)`\n  left: `4`,\n right: `5`: sum', src/lib.rs:3:5\nnote: x", "5", "4"),
    ("thread 't' panicked at src/lib.rs:1:2:\nassertion failed: `(left == right)`\n\nDiff < left / right > :\n<3\n>4\n\n", "4", "3"),
    ("thread 't' panicked at src/lib.rs:1:2:\nassertion `left == right` failed\n  left: Point {\n    x: 1,\n}\n right: Point {\n    x: 2,\n}\n", "Point {\n    x: 2,\n}", "Point {\n    x: 1,\n}"),
    ("thread 't' panicked at src/lib.rs:1:2:\ngot 3, want 4\n", "4", "3"),
    ("thread 't' panicked at src/lib.rs:1:2:\ncalled `Result::unwrap()` on an `Err` value: \"no\"\nnote: run with `RUST_BACKTRACE=1`", "Ok(_)", 'Err("no")'),
    ("thread 't' panicked at src/lib.rs:1:2:\ncalled `Option::unwrap()` on a `None` value\n", "Some(_)", "None"),
    ("thread 't' panicked at src/lib.rs:1:2:\nassertion failed: (left ≈ right)\n  left: 1.0\n right: 2.0\n", "2.0", "1.0"),
    ("thread 't' panicked at src/lib.rs:1:2:\nassertion failed: x > 2\n", None, None),
    ("", None, None),
])  # fmt: skip
def test_values_of_panics(text: str, expected: str | None, actual: str | None) -> None:
    said = read_panic(text, "", "t")
    assert (said.expected, said.actual) == (expected, actual)
    assert said.line in ((1, 3) if text else (None,))


@pytest.mark.parametrize(
    "piece",
    [
        "thread 't' panicked at '",
        "Value of: x\n",
        " left: `1",
        "left: \n",
        "Error: ",
        "\n",
        "0: a\n at b",
        "Diff < left / right > :\n<",
    ],
)
def test_hostile_panics_take_linear_time(piece: str) -> None:
    started = time.process_time()
    for head in (
        "",
        "thread 't' panicked at src/lib.rs:1:2:\n",
        "thread 't' panicked at src/lib.rs:1:2:\nassertion `left == right` failed\n",
    ):
        read_panic(head + piece * (80_000 // len(piece)), "", "t")
    assert time.process_time() - started < 3.0


def test_a_view_that_is_patched_and_put_back_is_built_anew_each_time(tmp_path: Path) -> None:
    broken, right = "pub fn one() -> i32 {\n    2\n}\n", "pub fn one() -> i32 {\n    1\n}\n"
    smoke = "#[test]\nfn a() {\n    assert_eq!(calc_lib::one(), 1);\n}\n"
    made = Compiled(tmp_path, "cargo", {"Cargo.toml": MANIFEST, "src/lib.rs": broken, "tests/smoke.rs": smoke})
    framework = Cargo().for_project(made.root)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    fix, passed = Patch((Edit("src/lib.rs", broken.encode(), right.encode()),)), []
    with open_sandbox(made.root, scratch=scratch).view(Patch()) as view:
        for old, new in ((Patch(), Patch()), (Patch(), fix), (fix, Patch()), (Patch(), fix)):
            update(view, old, new)
            job = TestJob(view.root, view.out, ["calc-lib::smoke a"], timeout=90)
            passed.append(framework.parse(job, view.run(framework.command(job), 90)).passed_tests)
    assert passed == [0, 1, 0, 1]


def test_damaged_reports_are_read_as_far_as_they_go(calc: tuple[Compiled, Ran], tmp_path: Path) -> None:
    _, ran = calc
    names = ("aion_r_cargo_tests.jsonl", "aion_r_cargo_stream.txt")
    whole = [(ran.job.out / name).read_bytes() for name in names]
    hostile = b'\x00\xff\n[1]\n{"type":"test","event":"failed","name":7}\n{"type":"program"}\n{"reason":"compiler-message","message":{"spans":7}}\n'
    hostile += b'{"reason":"targets","libraries":[1]}\n' + b"[" * 100_000 + b"\n" + b"9" * 2_000_000
    for cut in (None, *range(0, len(whole[0]), 499)):
        for name, data in zip(names, whole, strict=True):
            (tmp_path / name).write_bytes(data + hostile if cut is None else data[:cut])
        report = ran.framework.parse(TestJob(ran.job.root, tmp_path), ran.completed)
        assert report.passed_tests <= 4


def test_thousands_of_failures_and_a_flood_of_output(tmp_path: Path) -> None:
    many = "".join(f"#[test]\nfn t{n}() {{\n    assert_eq!({n}, {n + 1});\n}}\n" for n in range(600))
    flood = '#[test]\nfn flood() {\n    let line = "x".repeat(1_000_000);\n    for _ in 0..50 {\n        println!("\\x1b[31m\\0{line}");\n    }\n    assert_eq!(1, 2);\n}\n'
    ran = Compiled(tmp_path, "cargo", {"Cargo.toml": MANIFEST, "src/lib.rs": "", "tests/many.rs": many + flood}).run()
    assert ran.counts == (0, 601, 0, 0)
    failure = ran.failure("flood")
    assert (failure.expected, failure.actual) == ("2", "1") and len(failure.output) < 9_000
    assert "\x1b" not in failure.output and "\x00" not in failure.output


def test_a_run_without_any_report() -> None:
    report = Cargo().parse(
        TestJob(Path("/nowhere"), Path("/nowhere")), Completed(127, b"sh: \xff\x00 cargo: not found", 0.1)
    )
    assert report.outcome is RunOutcome.BUILD_FAILED and "not found" in report.message
