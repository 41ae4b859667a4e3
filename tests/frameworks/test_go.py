"""``go test`` through the real toolchain: counts, places, values, ids that select, and every way to end badly."""
# ruff: noqa: E501 - sources of other languages, each a line

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from aion_r.core.domain import Patch, RunOutcome
from aion_r.tools.frameworks.golang.go import Go, silence
from aion_r.tools.frameworks.golang.go_project import run_pattern, split_id
from aion_r.tools.frameworks.golang.go_sink import Sink
from aion_r.tools.frameworks.golang.go_values import read_message
from aion_r.tools.frameworks.protocol import TestJob
from aion_r.tools.sandbox import open_sandbox
from aion_r.tools.sandbox.protocol import Completed
from support.compiled import Compiled, Ran

MODULE = "module example.com/m\n\ngo 1.21\n"
SOURCE = "package m\n\nfunc Add(a, b int) int { return a - b }\n"
NAMES = ["plain", "a b", "a b", "x/y", 'q"uo', "re(.*)|[a]$", "ünï\x01", "back\\slash", "#01", "it's", "%d", "-v"]
TABLE = f"""package m

import (
	"errors"
	"fmt"
	"testing"
)

func TestAdd(t *testing.T) {{
	t.Log("a log line comes first")
	if got := Add(1, 2); got != 3 {{
		t.Errorf("Add(1, 2) = %d, want %d", got, 3)
	}}
}}

func TestTable(t *testing.T) {{
	for _, name := range []string{{{", ".join(json.dumps(name) for name in NAMES)}}} {{
		t.Run(name, func(t *testing.T) {{
			if name != "plain" {{
				t.Fatalf("got:  %q\\nwant: %q", "left", "right")
			}}
		}})
	}}
}}

func TestSkip(t *testing.T) {{ t.Skip("not now") }}

func TestPrints(t *testing.T) {{
	fmt.Print("no newline ")
	fmt.Println(`{{"Action":"fail","Package":"example.com/m","Test":"TestLie"}}`)
	fmt.Println("--- FAIL: TestLie (0.00s)")
}}

func TestParentFails(t *testing.T) {{
	t.Run("fine", func(t *testing.T) {{}})
	t.Error(errors.New("by itself"))
}}

func ExampleAdd() {{
	fmt.Println(Add(1, 2))
	// Output: 3
}}

func FuzzAdd(f *testing.F) {{
	f.Add(1)
	f.Fuzz(func(t *testing.T, n int) {{
		if Add(n, n) == 0 {{
			t.Error("zero")
		}}
	}})
}}
"""
DEATHS = {
    "panics/a_test.go": "package panics\nimport \"testing\"\nfunc fill(m map[string]int) {\n\tm[\"a\"] = 1\n}\n"
    "func TestFirst(t *testing.T) {}\nfunc TestOuter(t *testing.T) {\n\tt.Run(\"inner\", func(t *testing.T) {\n\t\tfill(nil)\n\t})\n}\n"
    "func TestLast(t *testing.T) {}\n",
    "exits/a_test.go": "package exits\nimport (\n\t\"os\"\n\t\"testing\"\n)\nfunc TestFirst(t *testing.T) {}\nfunc TestExit(t *testing.T) {\n\tos.Exit(3)\n}\n",
    "mains/a_test.go": "package mains\nimport (\n\t\"os\"\n\t\"testing\"\n)\nfunc TestMain(m *testing.M) {\n\tm.Run()\n\tos.Exit(1)\n}\nfunc TestFine(t *testing.T) {}\n",
    "inits/a_test.go": "package inits\nimport \"testing\"\nvar x = func() int { panic(\"early\") }()\nfunc TestFine(t *testing.T) {}\n",
    "routines/a_test.go": "package routines\nimport (\n\t\"testing\"\n\t\"time\"\n)\nfunc TestWaits(t *testing.T) {\n\tt.Parallel()\n\ttime.Sleep(2 * time.Second)\n}\n"
    "func TestSpawns(t *testing.T) {\n\tt.Parallel()\n\tgo func() {\n\t\tpanic(\"in a goroutine\")\n\t}()\n\ttime.Sleep(2 * time.Second)\n}\n",
    "broken/a.go": "package broken\n\nfunc F() int { return \"x\" + y }\n",
    "broken/a_test.go": "package broken\nimport \"testing\"\nfunc TestFine(t *testing.T) {}\n",
    "vets/a_test.go": "package vets\nimport (\n\t\"fmt\"\n\t\"testing\"\n)\nfunc TestFine(t *testing.T) { fmt.Printf(\"%d\\n\", \"x\") }\n",
    "untested/a.go": "package untested\n",
    "empty/a_test.go": "package empty\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> tuple[Compiled, Ran]:
    made = Compiled(tmp_path_factory.mktemp("table"), "go", {"go.mod": MODULE, "a.go": SOURCE, "a_test.go": TABLE})
    return made, made.run()


@pytest.fixture(scope="module")
def deaths(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return Compiled(tmp_path_factory.mktemp("deaths"), "go", {"go.mod": MODULE, **DEATHS}).run(timeout=60)


def test_leaves_and_parents_that_fail_by_themselves_are_counted(table: tuple[Compiled, Ran]) -> None:
    _, ran = table
    assert ran.report.outcome is RunOutcome.COMPLETED
    assert ran.counts == (3, len(NAMES) - 1 + 4, 0, 1)
    assert ran.report.passed_ids == (
        "example.com/m.TestTable/plain",
        "example.com/m.TestPrints",
        "example.com/m.TestParentFails/fine",
    )
    assert ran.report.skipped_ids == ("example.com/m.TestSkip",)
    assert "example.com/m.TestTable" not in ran.failing and not any("Lie" in name for name in ran.failing)
    assert ran.framework.progress(ran.job)[0] == 3


def test_places_values_and_messages(table: tuple[Compiled, Ran]) -> None:
    _, ran = table
    add = ran.failure("m.TestAdd")
    assert (add.file, add.line, add.message, add.assertion_type) == (
        "a_test.go",
        12,
        "Add(1, 2) = -1, want 3",
        "t.Errorf",
    )
    assert (add.expected, add.actual) == ("3", "-1") and "a log line comes first" in add.output
    row = ran.failure("TestTable/a_b#01")
    assert (row.file, row.line, row.expected, row.actual) == ("a_test.go", 20, '"right"', '"left"')
    example = ran.failure("ExampleAdd")
    assert (example.file, example.line, example.expected, example.actual) == ("a_test.go", 39, "3", "-1")
    assert ran.failure("TestParentFails").message == "by itself"
    assert ran.failure("FuzzAdd/seed#0").line == 48


def test_every_printed_id_selects_exactly_that_test(table: tuple[Compiled, Ran]) -> None:
    made, ran = table
    for name in ("TestAdd", "ExampleAdd", "FuzzAdd/seed#0", r"TestTable/re(.*)|[a]$", "TestTable/plain"):
        again = made.run([f"example.com/m.{name}"])
        assert [*again.failing, *again.report.passed_ids] == [f"example.com/m.{name}"]
    rows = [name for name in ran.failing if "/" in name]
    again = made.run([*rows, "example.com/m.TestSkip", "example.com/m.TestParentFails/fine"])
    assert again.failing == rows
    assert (again.report.passed_ids, again.report.skipped_ids) == (
        ("example.com/m.TestParentFails/fine",),
        ("example.com/m.TestSkip",),
    )


def test_ids_are_taken_apart_and_quoted() -> None:
    assert split_id("gopkg.in/yaml.v3.TestX/a.TestY/b c") == ("gopkg.in/yaml.v3", "TestX/a.TestY/b c")
    assert split_id("example.com/m/Test") == ("example.com/m/Test", "")
    assert run_pattern(["TestA/x.y", "TestB"]) == r"^TestA$/^x\.y$|^TestB$"
    assert run_pattern(f"Test{n}/{'x' * 90}" for n in range(2_000)).startswith("^Test0$|^Test1$")
    assert run_pattern("Test" + "x" * 90 + str(n) for n in range(2_000)) == ""


def test_a_panic_names_its_test_with_its_stack_and_keeps_what_ran(deaths: Ran) -> None:
    assert deaths.report.outcome is RunOutcome.CRASHED
    assert "example.com/m/panics.TestFirst" in deaths.report.passed_ids
    failure = deaths.failure("panics.TestOuter/inner")
    assert (failure.file, failure.line, failure.assertion_type) == ("panics/a_test.go", 4, "panic")
    assert "assignment to entry in nil map" in failure.message
    assert [(f.line, f.function) for f in failure.stack] == [(9, "TestOuter.func1"), (4, "fill")]


def test_exits_are_named(deaths: Ran) -> None:
    failure = deaths.failure("exits.TestExit")
    assert (failure.file, failure.line, failure.assertion_type) == ("exits/a_test.go", 7, "crash")
    assert "example.com/m/exits.TestFirst" in deaths.report.passed_ids
    assert "none of its tests did" in deaths.failure("m/mains").message
    assert "example.com/m/mains.TestFine" in deaths.report.passed_ids


def test_a_panic_outside_the_tests_goroutine(deaths: Ran) -> None:
    failure = deaths.failure("routines.TestSpawns")
    assert (failure.line, failure.message) == (13, "panic: in a goroutine")
    assert "another test ended the program" in deaths.failure("routines.TestWaits").message
    early = deaths.failure("m/inits")
    assert (early.file, early.line, early.message) == ("inits/a_test.go", 3, "panic: early")


def test_the_compiler_and_vet_are_read(deaths: Ran) -> None:
    broken, vets = deaths.failure("m/broken"), deaths.failure("m/vets")
    assert (broken.file, broken.line, broken.assertion_type) == ("broken/a.go", 3, "build")
    assert "broken/a.go:3:29: undefined: y" in broken.message
    assert (vets.file, vets.line) == ("vets/a_test.go", 6) and "Printf" in vets.message
    assert deaths.report.error_tests == 2


def test_a_package_that_is_broken_can_be_selected(tmp_path: Path) -> None:
    made = Compiled(
        tmp_path, "go", {"go.mod": MODULE, **{name: text for name, text in DEATHS.items() if "broken" in name}}
    )
    made.write({"other/a_test.go": 'package other\nimport "testing"\nfunc TestOther(t *testing.T) {}\n'})
    ran = made.run(["example.com/m/broken"])
    assert (ran.report.outcome, ran.failing) == (RunOutcome.BUILD_FAILED, ["example.com/m/broken"])
    made.write({"broken/a.go": "package broken\n\nfunc F() int { return 1 }\n"})
    assert made.run(["example.com/m/broken"]).report.passed_ids == ("example.com/m/broken.TestFine",)


HANGS = {
    "loop/a_test.go": "package loop\nimport \"testing\"\nfunc TestFirst(t *testing.T) {}\nfunc TestHang(t *testing.T) {\n\tfor i := 0; ; i++ {\n"
    "\t\tif i < 0 {\n\t\t\treturn\n\t\t}\n\t}\n}\n",
    "stuck/a_test.go": "package stuck\nimport \"testing\"\nfunc wait() {\n\t<-make(chan int)\n}\nfunc TestStuck(t *testing.T) {\n\twait()\n}\n",
    "fine/a_test.go": "package fine\nimport \"testing\"\nfunc TestFine(t *testing.T) {}\n",
}  # fmt: skip


def test_hangs_are_ended_named_with_their_stack_and_the_rest_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Compiled(tmp_path, "go", {"go.mod": MODULE, **HANGS})
    monkeypatch.setattr("aion_r.tools.frameworks.golang.go.silence", lambda timeout: 2.0)
    ran = made.run(timeout=60)
    assert ran.report.outcome is RunOutcome.TIMED_OUT and ran.completed.seconds < 40
    assert set(ran.report.passed_ids) == {"example.com/m/loop.TestFirst", "example.com/m/fine.TestFine"}
    loop, stuck = ran.failure("loop.TestHang"), ran.failure("stuck.TestStuck")
    assert (loop.assertion_type, loop.file) == ("timeout", "loop/a_test.go")
    assert "no sign of life for 2 s" in stuck.message and "--test-timeout" in stuck.message
    assert [(f.line, f.function) for f in stuck.stack] == [(7, "TestStuck"), (4, "wait")]


def test_limits_of_silence() -> None:
    assert (silence(300), silence(3000), silence(5)) == (20, 200, 4)


def test_a_workspace_is_run_by_one_command(tmp_path: Path) -> None:
    one = {
        "go.mod": MODULE,
        "a.go": SOURCE,
        "a_test.go": 'package m\nimport "testing"\nfunc TestA(t *testing.T) { t.Fatal("no") }\n',
    }
    files = {
        f"{folder}/{name}": text.replace("example.com/m", f"example.com/{folder}")
        for folder in ("x", "y")
        for name, text in one.items()
    }
    made = Compiled(tmp_path, "go", {**files, "go.work": "go 1.21\n\nuse (\n\t./x\n\t./y // two\n)\n"})
    ran = made.run()
    assert [(f.test_id, f.file, f.line) for f in ran.report.failures] == [
        ("example.com/x.TestA", "x/a_test.go", 3), ("example.com/y.TestA", "y/a_test.go", 3),
    ]  # fmt: skip
    assert made.run(["example.com/y.TestA"]).failing == ["example.com/y.TestA"]
    assert "go.work" in (Go().detect(made.root) or pytest.fail("not detected")).reason


def test_modules_in_folders_are_run_one_after_the_other(tmp_path: Path) -> None:
    text = 'package p\nimport "testing"\nfunc TestA(t *testing.T) { t.Fatal("no") }\n'
    files = {
        "one/go.mod": "module one\n",
        "two/deep/go.mod": "module example.com/two\n",
        "one/p/a_test.go": text,
        "two/deep/a_test.go": text,
    }
    made = Compiled(tmp_path, "go", files)
    ran = made.run()
    assert [(f.test_id, f.file) for f in ran.report.failures] == [
        ("one/p.TestA", "one/p/a_test.go"),
        ("example.com/two.TestA", "two/deep/a_test.go"),
    ]
    assert made.run(["example.com/two.TestA"]).failing == ["example.com/two.TestA"]


@pytest.mark.parametrize("command", ["go test ./...", "sh test.sh", "go test -json -v -run . ./..."])
def test_any_command_that_ends_in_go_test(table: tuple[Compiled, Ran], command: str) -> None:
    made, ran = table
    made.write({"test.sh": "go version && go test $(go list ./...)\n"})
    again = made.run(command=command)
    assert again.report == again.report.__class__(
        **{**{f: getattr(ran.report, f) for f in ran.report.__slots__}, "duration_ms": again.report.duration_ms}
    )
    assert made.run(["example.com/m.TestAdd"], command=command).failing == ["example.com/m.TestAdd"]


def test_no_tests_broken_manifests_and_missing_modules(tmp_path: Path) -> None:
    made = Compiled(tmp_path, "go", {"go.mod": MODULE, "a.go": SOURCE})
    assert made.run().report.outcome is RunOutcome.NO_TESTS
    made.write({"go.mod": "module example.com/m\n\ngo nonsense\n"})
    broken = made.run()
    assert broken.report.outcome is RunOutcome.BUILD_FAILED
    assert (broken.report.failures[0].file, broken.report.failures[0].line) == ("go.mod", 3)
    made.write(
        {
            "go.mod": MODULE,
            "a_test.go": 'package m\nimport (\n\t"testing"\n\t"example.net/lost/assert"\n)\nfunc TestA(t *testing.T) { assert.X() }\n',
        }
    )
    lost = made.run()
    assert lost.report.failures[0].file == "a_test.go" and lost.report.error_tests == 1
    assert lost.framework.missing_dependency(made.root, lost.report) == "example.net/lost/assert (go mod download)"
    made.write({"go.mod": "module example.com/m\n\ngo 9.99\n", "a_test.go": "package m\n"})
    newer = made.run()
    assert (newer.framework.missing_dependency(made.root, newer.report) or "").startswith("go 9.99")


def test_detection_gives_its_reason(tmp_path: Path) -> None:
    assert Go().detect(tmp_path) is None
    (tmp_path / "go.mod").write_text(MODULE)
    bare = Go().detect(tmp_path)
    (tmp_path / "a_test.go").write_text("package m\n")
    tested = Go().detect(tmp_path)
    assert bare is not None and tested is not None and bare.confidence < 0.5 < tested.confidence
    assert tested.reason == "go.mod names the module example.com/m, and a_test.go is a test file"


@pytest.mark.parametrize(("path", "expected"), [
    ("a_test.go", True), ("x/testdata/in.go", True), ("go.mod", True), ("GO.SUM", True), ("a.go", False), ("test/a.go", False),
])  # fmt: skip
def test_files_that_fixes_may_not_touch(path: str, expected: bool) -> None:
    assert Go().is_test_file(path) is expected


def test_in_a_real_view(tmp_path: Path) -> None:
    made = Compiled(tmp_path, "go", {"go.mod": MODULE, "a.go": SOURCE, "a_test.go": TABLE})
    framework = Go().for_project(made.root)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with open_sandbox(made.root, scratch=scratch).view(Patch()) as view:
        job = TestJob(view.root, view.out, timeout=90)
        completed = view.run(framework.command(job), 90)
        report = framework.parse(job, completed)
    assert (report.outcome, report.failed_tests) == (RunOutcome.COMPLETED, len(NAMES) + 3), completed.output


@pytest.mark.parametrize(("text", "expected", "actual"), [
    ("Add(1, 2) = 3, want 4", "4", "3"), ("got 3, want 4", "4", "3"), ("want: 4, got: 3", "4", "3"),
    ("expected 4 but got 3", "4", "3"), ("Expected 4, received 3.", "4", "3"), ("expected result to be 4, but it was 3", "4", "3"),
    ('Reverse("abc") returned "x", expected "cba"', '"cba"', '"x"'), ("got (3, true); want (4, false)", "(4, false)", "(3, true)"),
    ("3 != 4", "4", "3"), ("sum should be 4 but was 3", "4", "3"), ("unexpected result: got 3 (want 4)", "4", "3"),
    ("got status 500, want 200", "200", "500"), ("for case foo: expected [1 2], got: []", "[1 2]", "[]"),
    ("f(x=1) = [a, b], want [a]", "[a]", "[a, b]"), ("nothing to see", None, None), ("", None, None),
    ("expected no error, got open x: gone", "no error", "open x: gone"), ("unexpected error: boom", "no error", "boom"),
    ("3 should equal 4", "4", "3"), ("expected 3 to equal 4", "4", "3"), ("1 is not equal to 2", "2", "1"), ("exp: 3, act: 4", "3", "4"),
    ("unexpected value 1, want 2", "2", "1"), ("invalid sum 3, expected 4", "4", "3"), ("handler returned wrong status code: got 500 want 200", "200", "500"),
    ("diff -got +want:\n  int(\n- \t1,\n+ \t2,\n  )", "2,", "1,"), ("--- want\n+++ got\n@@ -1 +1 @@\n-a\n+b\n", "a", "b"),
    ("F() mismatch (-want +got):\n  T{\n- \tA: 1,\n+ \tA: 2,\n  }", "A: 1,", "A: 2,"),
    ("error:\n  values are not equal\ngot:\n  int(3)\nwant:\n  int(4)\n", "int(4)", "int(3)"),
    ("Expected\n    <int>: 3\nto equal\n    <int>: 4", "4", "3"),
    ("assertion failed: 3 (x int) != 4 (y int): sum", "4", "3"),
    ("\n\tError Trace:\t/p/a_test.go:12\n\tError:      \tNot equal: \n\t            \texpected: 3\n\t            \tactual  : 4\n\tTest:       \tTestX\n", "3", "4"),
])  # fmt: skip
def test_values_in_prose(text: str, expected: str | None, actual: str | None) -> None:
    told = read_message(text)
    assert (told.expected, told.actual) == (expected, actual)


@pytest.mark.parametrize(
    "piece", ["got ", "want ", "want got ", "= ", ": ", " ", "expected: \n", "\tError:\t", "- ", "(", "is not "]
)
def test_hostile_prose_takes_linear_time(piece: str) -> None:
    started = time.process_time()
    read_message(piece * 20_000)
    assert time.process_time() - started < 1.0


def test_damaged_reports_are_read_as_far_as_they_go(table: tuple[Compiled, Ran], tmp_path: Path) -> None:
    _, ran = table
    whole = (ran.job.out / "aion_r_go.jsonl").read_bytes()
    job = TestJob(ran.job.root, tmp_path)
    hostile = (
        b'\x00\xff\n[1]\n{"Action":7}\n{"Action":"output","Package":3}\n{"Action":"run","Package":"p","Test":"\\ud800"}\n'
        + b"[" * 100_000
        + b"\n"
    )
    (tmp_path / "aion_r_go.jsonl").write_bytes(whole + hostile + b"9" * 2_000_000 + b'\n{"Action":"fai')
    assert ran.framework.parse(job, ran.completed).passed_tests == 3
    for cut in range(0, len(whole), 211):
        (tmp_path / "aion_r_go.jsonl").write_bytes(whole[:cut])
        assert ran.framework.parse(job, ran.completed).passed_tests <= 4


def test_five_thousand_failures_and_a_flood_of_output(tmp_path: Path) -> None:
    many = (
        "package m\nimport (\n\t\"fmt\"\n\t\"strings\"\n\t\"testing\"\n)\nfunc TestMany(t *testing.T) {\n\tfor i := 0; i < 5000; i++ {\n"
        "\t\tt.Run(fmt.Sprint(i), func(t *testing.T) { t.Errorf(\"got %d, want %d\", i, i+1) })\n\t}\n}\n"
        "func TestFlood(t *testing.T) {\n\tline := strings.Repeat(\"x\", 1000000)\n\tfor i := 0; i < 50; i++ {\n\t\tfmt.Println(\"\\x1b[31m\\x00\\xff\" + line)\n\t}\n\tt.Error(\"got 1, want 2\")\n}\n"
    )  # fmt: skip
    ran = Compiled(tmp_path, "go", {"go.mod": MODULE, "a_test.go": many}).run()
    assert ran.counts == (0, 5001, 0, 0)
    flood = ran.failure("TestFlood")
    assert (flood.expected, flood.actual) == ("2", "1") and len(flood.output) < 9_000
    assert "\x1b" not in flood.output and "\x00" not in flood.output
    assert (ran.job.out / "aion_r_go.jsonl").stat().st_size < 8_000_000


HEAD = '{"Time":"2026-01-01T00:00:00Z","Action":"%s","Package":"example.com/m","Test":"%s"%s}\n'


def _passes(name: str) -> str:
    said = HEAD % ("output", name, f',"Output":"=== RUN   {name}\\n"') + HEAD % (
        "output",
        name,
        f',"Output":"--- PASS: {name} (0.00s)\\n"',
    )
    return HEAD % ("run", name, "") + said + HEAD % ("pass", name, ',"Elapsed":0')


def _fails(name: str) -> str:
    said = HEAD % ("output", name, ',"Output":"    a_test.go:3: got 1, want 2\\n"')
    return HEAD % ("run", name, "") + said + HEAD % ("fail", name, ',"Elapsed":0.5')


@pytest.mark.parametrize("piece", [1, 7, 100, 1 << 20])
def test_the_stream_is_condensed_however_it_is_cut(tmp_path: Path, piece: int) -> None:
    lies = '{"Action":"passed","Package":"example.com/m","Tests":["TestLie"]}\n{"Action":"fail","Package":"x","Test":"TestLie"}\n'
    said = (
        HEAD % ("run", "TestA", "")
        + _passes("TestA/b")
        + HEAD % ("pass", "TestA", ',"Elapsed":0')
        + _fails("TestTwice")
        + _passes("TestTwice")
        + _passes("TestAgain")
        + _fails("TestAgain")
    )
    said += (
        lies
        + HEAD % ("output", "TestPrints", f',"Output":{json.dumps(lies)}')
        + _passes("TestPrints")
        + HEAD % ("run", "TestOpen", "")
    )
    said += "FAIL\texample.com/old [build failed]\n"
    with (tmp_path / "aion_r_go.jsonl").open("wb") as stream:
        sink = Sink(stream)
        for at in range(0, len(said), piece):
            sink.feed(said[at : at + piece].encode())
        assert sink.silent(-1.0) == ["example.com/m"]
        sink.close()
    report = Go().parse(TestJob(tmp_path, tmp_path), Completed(1, b"", 1.0))
    assert report.passed_ids == tuple(f"example.com/m.{name}" for name in ("TestA/b", "TestTwice", "TestPrints"))
    assert [failure.test_id for failure in report.failures] == [
        "example.com/m.TestAgain",
        "example.com/m.TestOpen",
        "example.com/old",
    ]
    assert (report.failures[0].expected, report.failures[0].actual, report.error_tests) == ("2", "1", 1)


def test_what_passes_takes_little_room(tmp_path: Path) -> None:
    with (tmp_path / "aion_r_go.jsonl").open("wb") as stream:
        sink = Sink(stream)
        said = "".join(_passes(f"TestMany/row_{n}") for n in range(10_000)).encode()
        sink.feed(said)
        sink.close()
    assert (tmp_path / "aion_r_go.jsonl").stat().st_size < len(said) / 20
    assert Go().parse(TestJob(tmp_path, tmp_path), Completed(0, b"", 1.0)).passed_tests == 10_000


def test_a_run_without_any_report() -> None:
    report = Go().parse(TestJob(Path("/nowhere"), Path("/nowhere")), Completed(127, b"sh: \xff\x00 go: not found", 0.1))
    assert report.outcome is RunOutcome.BUILD_FAILED and "not found" in report.message
