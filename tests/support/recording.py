"""Records what the real tools print, for ``tests/frameworks/recorded``: ``python tests/support/recording.py``.

Each record is a folder with the files that the adapter's runner left, no path of the machine in them, and the
report that they gave. ``test_recorded.py`` reads them again, without the projects, as a run in a copy is read when
the copy is gone.
"""
# ruff: noqa: E501 - sources of other languages, each a line

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from aion_r.core.domain import TestReport
from aion_r.tools.frameworks.protocol import Framework, TestJob
from aion_r.tools.frameworks.registry import FRAMEWORKS
from aion_r.tools.sandbox.protocol import Completed

FOLDER = Path(__file__).parents[1] / "frameworks" / "recorded"
ROOT = Path("/project")
KEPT = {
    "go": ("aion_r_go.jsonl", "aion_r_go_stderr.txt", "aion_r_go.json"),
    "cargo": ("aion_r_cargo_tests.jsonl", "aion_r_cargo_stream.txt"),
}
_GO_MOD = "module example.com/m\n\ngo 1.21\n"
_MANIFEST = '[package]\nname = "calc"\nversion = "0.1.0"\nedition = "2021"\n'


def _go(body: str, *imports: str) -> dict[str, str]:
    lines = "".join(f'\t"{name}"\n' for name in ("testing", *imports))
    return {"go.mod": _GO_MOD, "calc/a_test.go": f"package calc\n\nimport (\n{lines})\n\n{body}\n"}


def _rust(body: str) -> dict[str, str]:
    return {"Cargo.toml": _MANIFEST, "src/lib.rs": "", "tests/smoke.rs": body}


PROJECTS: dict[str, dict[str, dict[str, str]]] = {
    "go": {
        "equal": _go('func TestA(t *testing.T) {\n\tt.Log("first")\n\tt.Errorf("Add(1, 2) = %d, want %d", 4, 3)\n}\n\nfunc TestB(t *testing.T) {}'),
        "subtests": _go('func TestA(t *testing.T) {\n\tfor _, n := range []string{"x y", "x y", "a/b", "(.*)"} {\n\t\tt.Run(n, func(t *testing.T) {\n\t\t\tt.Fatalf("got %q\\nwant %q", n, "z")\n\t\t})\n\t}\n}'),
        "panic": _go("func TestA(t *testing.T) {}\n\nfunc TestB(t *testing.T) {\n\tvar p *int\n\t*p = 1\n}\n\nfunc TestC(t *testing.T) {}"),
        "exit": _go("func TestA(t *testing.T) {}\n\nfunc TestB(t *testing.T) {\n\tos.Exit(2)\n}", "os"),
        "main": _go("func TestMain(m *testing.M) {\n\tm.Run()\n\tos.Exit(1)\n}\n\nfunc TestA(t *testing.T) {}", "os"),
        "goroutine": _go('func TestA(t *testing.T) {\n\tgo func() { panic("far") }()\n\ttime.Sleep(time.Second)\n}', "time"),
        "example": _go('func Example() {\n\tfmt.Println(1)\n\t// Output: 2\n}\n\nfunc TestA(t *testing.T) { t.Skip("no") }', "fmt"),
        "compiler": _go("func TestA(t *testing.T) { undefined() }"),
        "vet": _go('func TestA(t *testing.T) { fmt.Printf("%d", "x") }', "fmt"),
        "arguments": _go("func Add(a, b int) int { return a + b }\n\nfunc TestA(t *testing.T) { Add(1) }"),
        "parent": _go('func TestA(t *testing.T) {\n\tt.Cleanup(func() { t.Error("late") })\n\tt.Run("in", func(t *testing.T) {})\n}'),
        "manifest": {"go.mod": "module example.com/m\n\ngo nonsense\n", "a_test.go": "package m\n"},
        "lost": _go("func TestA(t *testing.T) { lost.Do() }", "example.net/lost"),
    },
    "cargo": {
        "equal": _rust('#[test]\nfn a() {\n    assert_eq!(vec![1, 2], vec![1], "of {}", 1);\n}\n#[test]\nfn b() {}\n'),
        "unequal": _rust("#[test]\nfn a() {\n    assert_ne!(1, 1);\n}\n"),
        "kinds": _rust('#[test]\nfn a() {\n    assert!(1 > 2);\n}\n#[test]\nfn b() {\n    None::<i32>.unwrap();\n}\n#[test]\nfn c() -> Result<(), String> {\n    Err("no".into())\n}\n#[test]\n#[ignore]\nfn d() {}\n'),
        "should_panic": _rust('#[test]\n#[should_panic(expected = "x")]\nfn a() {\n    panic!("y\\nz");\n}\n#[test]\n#[should_panic]\nfn b() {}\n'),
        "threads": _rust('#[test]\nfn a() {\n    std::thread::spawn(|| panic!("in")).join().unwrap();\n}\n'),
        "abort": _rust("#[test]\nfn a() {}\n#[test]\nfn b() {\n    std::process::abort();\n}\n#[test]\nfn c() {}\n"),
        "exit": _rust("#[test]\nfn a() {\n    std::process::exit(3);\n}\n"),
        "doc": {"Cargo.toml": _MANIFEST, "src/lib.rs": "/// ```\n/// assert_eq!(calc::one(), 2);\n/// ```\n/// ```compile_fail\n/// calc::one();\n/// ```\n/// ```\n/// calc::two();\n/// ```\npub fn one() -> i32 {\n    1\n}\n"},
        "compiler": {"Cargo.toml": _MANIFEST, "src/lib.rs": "pub fn one() -> i32 {\n    \"x\"\n}\n#[test]\nfn a() {\n    two();\n}\n"},
        "manifest": {"Cargo.toml": _MANIFEST + "nonsense\n", "src/lib.rs": ""},
        "lost": {"Cargo.toml": _MANIFEST + '\n[dependencies]\nnot-there-at-all-7 = "1"\n', "src/lib.rs": ""},
    },
}  # fmt: skip


def adapter(name: str) -> Framework:
    """The adapter of that name."""
    return next(row for row in FRAMEWORKS if row.name == name)


def summary(report: TestReport) -> dict[str, Any]:
    """What of a report a record fixes: all that does not depend on the clock."""
    return {
        "outcome": report.outcome.value,
        "passed": list(report.passed_ids),
        "skipped": list(report.skipped_ids),
        "errors": report.error_tests,
        "failures": [
            [f.test_id, f.file, f.line, f.assertion_type, f.expected, f.actual, f.message.partition("\n")[0],
             [[s.file, s.line, s.function] for s in f.stack]]
            for f in report.failures
        ],
    }  # fmt: skip


def read(folder: Path) -> TestReport:
    """The report that the files of a record give."""
    kind = folder.parent.name
    status = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["status"]
    return adapter(kind).parse(TestJob(ROOT, folder), Completed(status, b"", 1.0))


def _normal(text: str, root: Path, out: Path) -> str:
    toolchain = Path(shutil.which("go") or "go").resolve().parents[1]
    places = {str(root): str(ROOT), str(out): "/out", str(Path.home()): "/user", str(toolchain): "/go"}
    for place, name in places.items():
        text = text.replace(place, name)
    text = re.sub(r"/tmp/rustdoctest\w+", "/tmp/rustdoctest", text)
    return re.sub(r'"Time":"[^"]*"', '"Time":"2026-01-01T00:00:00.000000001Z"', text)


def record(kind: str, name: str, files: dict[str, str]) -> None:
    """Run one project and keep its record."""
    with tempfile.TemporaryDirectory() as folder:
        root, out = Path(folder) / "project", Path(folder) / "out"
        out.mkdir()
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        framework = adapter(kind).for_project(root)
        command = framework.command(TestJob(root, out))
        for file, content in command.files.items():
            (out / file).write_bytes(content)
        status = subprocess.run(command.argv, cwd=root, env={**os.environ, **command.env}, check=False).returncode
        target = FOLDER / kind / name
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for file in KEPT[kind]:
            text = _normal((out / file).read_text(encoding="utf-8", errors="replace"), root, out)
            if file == "aion_r_go.json":
                settings = json.loads(text)
                text = json.dumps({key: settings[key] for key in ("modules", "workspace")})
            (target / file).write_text(text, encoding="utf-8")
    (target / "expected.json").write_text(json.dumps({"status": status}), encoding="utf-8")
    expected = {"status": status, **summary(read(target))}
    (target / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    for kind in sys.argv[1:] or PROJECTS:
        for name, files in PROJECTS[kind].items():
            record(kind, name, files)
