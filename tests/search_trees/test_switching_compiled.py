"""Switched Go and Rust compile but for variants that do not, and do with each number what the plain edit does."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from .samples import GO, RUST
from .switching import Sample, check_lines, sampled, written

GO_RUN = """package sample

import "fmt"

func Run() {
	for _, f := range answers() {
		func() {
			defer func() {
				if r := recover(); r != nil {
					fmt.Println("panic", r)
				}
			}()
			fmt.Println(f())
		}()
	}
}
"""
RUST_RUN = """
pub fn run() {
    std::panic::set_hook(Box::new(|_| {}));
    for f in answers() {
        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| f())) {
            Ok(text) => println!("{text}"),
            Err(_) => println!("panic"),
        }
    }
}
"""
MOST_ROUNDS = 12


def call(argv: list[str], folder: Path, **env: str) -> tuple[int, str]:
    done = subprocess.run(
        argv, cwd=folder, env={**os.environ, **env}, capture_output=True, text=True, timeout=200, check=False
    )
    return done.returncode, done.stdout + done.stderr


def answer(program: Path, number: int, *arguments: str) -> str:
    """What a built program says with a number in force; programs that never end say so."""
    env = {**os.environ, "AION_R_VARIANT": str(number) if number else ""}
    try:
        done = subprocess.run([program, *arguments], env=env, capture_output=True, text=True, timeout=1.0, check=False)
    except subprocess.TimeoutExpired:
        return "endless"
    return f"{done.returncode} {done.stdout}"


def surviving(numbers: Iterable[int], complaints: Callable[[list[int]], set[int] | None]) -> list[int]:
    """The numbers that are left when those that the compiler complains of are dropped, round by round."""
    left = sorted(numbers)
    for _ in range(MOST_ROUNDS):
        bad = complaints(left)
        if bad is None:
            return left
        assert bad, "a complaint that belongs to no variant"
        left = [number for number in left if number not in bad]
    raise AssertionError("it never compiles")


def at_lines(sample: Sample, output: str, pattern: str) -> set[int]:
    """The variants that complaints are about."""
    lines = {int(line) for line in re.findall(pattern, output)}
    return {number for number, span in sample.switched.lines.items() if lines & set(span)}


def test_every_variant_of_go_is_its_plain_edit(tmp_path: Path) -> None:
    sample = sampled("go", "a.go", GO, 60)
    check_lines(sample)

    def switched(left: list[int]) -> set[int] | None:
        part = written("go", "a.go", GO, {n: sample.candidates[n] for n in left})
        folder = project(tmp_path / "switched", {0: part.switched.text})
        status, output = call(["go", "build", "-gcflags=-e", "-o", "program", "."], folder)
        return at_lines(part, output, r"a\.go:(\d+):") if status else None

    def plain(left: list[int]) -> set[int] | None:
        folder = project(tmp_path / f"plain{len(left)}", {n: sample.plain(n) for n in left})
        status, output = call(["go", "build", "-o", "program", "."], folder)
        return {int(n) for n in re.findall(r"^n(\d+)/\w+\.go:", output, re.MULTILINE)} if status else None

    left = surviving(sample.numbers, switched)
    assert surviving([0, *sample.numbers], plain) == [0, *left]
    answers = {n: answer(tmp_path / f"plain{len(left) + 1}" / "program", 0, str(n)) for n in (0, *left)}
    assert {n: answer(tmp_path / "switched" / "program", n, "0") for n in (0, *left)} == answers
    assert len(set(answers.values())) > 8


def project(folder: Path, sources: dict[int, str]) -> Path:
    """A Go program that runs the one of its packages that it is told."""
    arms = "".join(f'\tcase "{n}":\n\t\tn{n}.Run()\n' for n in sources)
    main = "".join(f'import n{n} "sample/n{n}"\n' for n in sources) + 'import "os"\n\n'
    files = {"go.mod": "module sample\n\ngo 1.21\n"}
    files["main.go"] = f"package main\n\n{main}func main() {{\n\tswitch os.Args[1] {{\n{arms}\t}}\n}}\n"
    for n, text in sources.items():
        files |= {f"n{n}/a.go": text, f"n{n}/run.go": GO_RUN}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_every_variant_of_rust_is_its_plain_edit(tmp_path: Path) -> None:
    sample = sampled("rust", "src/a.rs", RUST, 60)
    check_lines(sample)
    rustc = ["rustc", "--edition=2021", "-Cdebug-assertions=on", "-Awarnings", "--error-format=short"]

    def switched(left: list[int]) -> set[int] | None:
        part = written("rust", "src/a.rs", RUST, {n: sample.candidates[n] for n in left})
        (tmp_path / "a.rs").write_text(part.switched.text + RUST_RUN + "fn main() { run() }\n")
        status, output = call([*rustc, "-o", "switched", "a.rs"], tmp_path)
        return at_lines(part, output, r"a\.rs:(\d+):\d+:") if status else None

    def plain(left: list[int]) -> set[int] | None:
        arms = "".join(f'    "{n}" => v{n}::run(),\n' for n in left)
        main = "".join(f"mod v{n};\n" for n in left)
        main += f"fn main() {{ match std::env::args().nth(1).unwrap().as_str() {{\n{arms}    _ => {{}}\n}} }}\n"
        for n in left:
            (tmp_path / f"v{n}.rs").write_text(sample.plain(n).replace("crate::", f"crate::v{n}::") + RUST_RUN)
        (tmp_path / "plain.rs").write_text(main)
        status, output = call([*rustc, "-o", "plain", "plain.rs"], tmp_path)
        return {int(n) for n in re.findall(r"^v(\d+)\.rs:", output, re.MULTILINE)} if status else None

    left = surviving(sample.numbers, switched)
    assert surviving([0, *sample.numbers], plain) == [0, *left]
    answers = {n: answer(tmp_path / "plain", 0, str(n)) for n in (0, *left)}
    assert {n: answer(tmp_path / "switched", n) for n in (0, *left)} == answers
    assert len(set(answers.values())) > 8
