"""Repairs of Go and Rust projects by a model, with the real toolchains."""

from __future__ import annotations

import subprocess
from pathlib import Path

from support.projects import block, write

RUST = {
    "Cargo.toml": '[package]\nname = "calc"\nversion = "0.1.0"\nedition = "2021"\n',
    "src/lib.rs": (
        "pub fn add(a: i32, b: i32) -> i32 {\n    a - b\n}\n\n"
        "#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n    fn adds() {\n"
        "        assert_eq!(add(2, 3), 5);\n    }\n\n    #[test]\n    fn adds_nothing() {\n"
        "        assert_eq!(add(2, 0), 2);\n    }\n}\n"
    ),
}
GO = {
    "go.mod": "module example.com/calc\n\ngo 1.21\n",
    "calc.go": "package calc\n\nfunc Add(a, b int) int {\n\treturn a - b\n}\n",
    "calc_test.go": (
        'package calc\n\nimport "testing"\n\nfunc TestAdd(t *testing.T) {\n'
        "\tfor _, c := range []struct{ a, b, want int }{{2, 3, 5}, {1, 0, 1}} {\n"
        '\t\tt.Run("", func(t *testing.T) {\n\t\t\tif got := Add(c.a, c.b); got != c.want {\n'
        '\t\t\t\tt.Errorf("got %d, want %d", got, c.want)\n\t\t\t}\n\t\t})\n\t}\n}\n'
    ),
}


def test_rust_is_repaired_and_the_tests_beside_the_source_stay(server, cycle, tmp_path: Path):
    project = write(tmp_path / "project", RUST)
    cheat = block("src/lib.rs", "        assert_eq!(add(2, 3), 5);", "        assert_eq!(add(2, 3), -1);")
    server.reply("openai", cheat, block("src/lib.rs", "    a - b", "    a + b"))
    result = cycle("openai").run_autocorrection(project)
    assert result.success, result.message
    assert result.initial_test_results.failures[0].test_id == "calc tests::adds"
    assert [call.ok for call in result.calls] == [False, True]
    assert "rust" in server.calls("openai")[0].prompt
    assert (project / "src/lib.rs").read_text() == RUST["src/lib.rs"].replace("a - b", "a + b")
    assert not (project / "target").exists(), "the build's outputs stay in the view"
    assert subprocess.run(["cargo", "test", "-q", "--offline"], cwd=project, capture_output=True).returncode == 0


def test_a_build_that_a_model_broke_is_rolled_back(server, cycle, tmp_path: Path):
    project = write(tmp_path / "project", RUST)
    broken = block("src/lib.rs", "    a - b", "    a - missing")
    server.reply("openai", broken, block("src/lib.rs", "    a - b", "    a + b"))
    result = cycle("openai").run_autocorrection(project)
    assert [str(attempt.verdict) for attempt in result.corrections_applied] == ["regressed", "plausible"]


def test_go_is_repaired(server, cycle, tmp_path: Path):
    project = write(tmp_path / "project", GO)
    server.reply("openai", block("calc.go", "\treturn a - b", "\treturn a + b"))
    result = cycle("openai").run_autocorrection(project)
    assert result.success, result.message
    assert result.initial_test_results.failures[0].test_id.startswith("example.com/calc.TestAdd/")
    assert (result.initial_test_results.failed_tests, result.final_test_results.failed_tests) == (1, 0)
    assert "go" in server.calls("openai")[0].prompt
    assert subprocess.run(["go", "test", "./..."], cwd=project, capture_output=True).returncode == 0
