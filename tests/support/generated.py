"""Larger projects, made for a test: many modules of one shape with fifteen tests each, and a bug in some of them.

Every module scales a number by a factor of its own; a broken one divides instead, and all but two of its tests see it.
"""
# ruff: noqa: E501 - sources of other languages, each a line

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .cases import link_packages
from .node import installed, manifest
from .projects import block, write

Files = Mapping[str, str]
CHECKS = 14
TESTS, SEEN = CHECKS + 1, CHECKS - 1
"""The tests of a module, and those that see its bug."""


@dataclass(frozen=True)
class Recipe:
    """A framework's own way: ``module(number, expression, checks)`` makes the files of one module.

    ``expression`` is what it computes; ``checks`` are pairs of an argument and what comes out.
    """

    module: Callable[[int, str, list[tuple[int, int]]], Files]
    line: str
    rest: Callable[[int], Files]
    plain: str
    packages: str | None = None

    def make(self, root: Path, modules: int, broken: Iterable[int]) -> Path:
        """The project in the new folder ``root``, the modules ``broken`` with their bug."""
        wrong = set(broken)
        for number in range(modules):
            write(root, dict(self._module(number, "/" if number in wrong else "*")))
        write(root, dict(self.rest(modules)))
        if self.packages:
            link_packages(installed(self.packages), root / "node_modules")
        return root

    def reply(self, broken: Iterable[int]) -> str:
        """What a model answers that mends them all."""
        blocks = []
        for number in broken:
            path = next(iter(self._module(number, "/")))
            blocks.append(
                block(path, self.line.format(self._code(number, "/")), self.line.format(self._code(number, "*")))
            )
        return "\n".join(blocks)

    def _module(self, number: int, operator: str) -> Files:
        checks = [(n, n * (number + 2)) for n in range(CHECKS)]
        return self.module(number, self._code(number, operator), checks)

    @staticmethod
    def _code(number: int, operator: str) -> str:
        return f"n {operator} {number + 2}"


def _python(number: int, code: str, checks: list[tuple[int, int]]) -> Files:
    tests = "".join(f"\n\ndef test_{n}():\n    assert scale({n}) == {value}\n" for n, value in checks)
    head = f"from shop.m{number} import NUMBER, scale\n\n\ndef test_number():\n    assert NUMBER == {number}\n"
    return {
        f"shop/m{number}.py": f"NUMBER = {number}\n\n\ndef scale(n):\n    return {code}\n",
        f"tests/test_m{number}.py": head + tests,
    }


def _node(call: str, equal: str, head: str) -> Callable[[int, str, list[tuple[int, int]]], Files]:
    def module(number: int, code: str, checks: list[tuple[int, int]]) -> Files:
        tests = "".join(f"{call}('{n}', () => {{ {equal.format(f'scale({n})', value)}; }});\n" for n, value in checks)
        return {
            f"src/m{number}.mjs": f"export const number = {number};\nexport const scale = (n) =>\n  {code};\n",
            f"test/m{number}.test.mjs": f"{head}\nimport {{ number, scale }} from '../src/m{number}.mjs';\n\n{tests}"
            f"{call}('number', () => {{ {equal.format('number', number)}; }});\n",
        }

    return module


def _go(number: int, code: str, checks: list[tuple[int, int]]) -> Files:
    rows = ", ".join(f"{{{n}, {value}}}" for n, value in checks)
    return {
        f"m{number}.go": f"package shop\n\nfunc scale{number}(n int) int {{\n\treturn {code}\n}}\n",
        f"m{number}_test.go": f'package shop\n\nimport (\n\t"fmt"\n\t"testing"\n)\n\nfunc TestScale{number}(t *testing.T) {{\n'
        f"\tfor _, c := range []struct{{ n, want int }}{{{rows}}} {{\n\t\tt.Run(fmt.Sprint(c.n), func(t *testing.T) {{\n"
        f"\t\t\tif got := scale{number}(c.n); got != c.want {{\n"
        f'\t\t\t\tt.Errorf("got %d, want %d", got, c.want)\n\t\t\t}}\n\t\t}})\n\t}}\n}}\n\n'
        f"func TestNumber{number}(t *testing.T) {{}}\n",
    }


def _rust(number: int, code: str, checks: list[tuple[int, int]]) -> Files:
    tests = "".join(
        f"    #[test]\n    fn t{n}() {{\n        assert_eq!(scale({n}), {value});\n    }}\n" for n, value in checks
    )
    return {
        f"src/m{number}.rs": f"pub fn scale(n: i64) -> i64 {{\n    {code}\n}}\n\n#[cfg(test)]\nmod tests {{\n"
        f"    use super::scale;\n\n{tests}    #[test]\n    fn number() {{}}\n}}\n",
    }


def _cargo_rest(modules: int) -> Files:
    return {
        "Cargo.toml": '[package]\nname = "shop"\nversion = "0.1.0"\nedition = "2021"\n',
        "src/lib.rs": "".join(f"pub mod m{number};\n" for number in range(modules)),
    }


def _manifest(framework: str, script: str) -> Callable[[int], Files]:
    more: dict[str, object] = {"jest": {"transform": {}, "testMatch": ["**/*.test.mjs"]}} if framework == "jest" else {}
    return lambda _: {"package.json": manifest(script, framework, **more)}


_ASSERT = "assert.strictEqual({}, {})"
RECIPES = {
    "pytest": Recipe(
        _python, "    return {}", lambda _: {"pytest.ini": "[pytest]\npythonpath = .\n"}, "python -m pytest -q"
    ),
    "jest": Recipe(
        _node("test", "expect({}).toBe({})", ""), "  {};",
        _manifest("jest", "NODE_OPTIONS=--experimental-vm-modules jest"),
        "env NODE_OPTIONS=--experimental-vm-modules node_modules/.bin/jest", "jest-30",
    ),
    "vitest": Recipe(
        _node("test", "expect({}).toBe({})", "import { expect, test } from 'vitest';"), "  {};",
        _manifest("vitest", "vitest run --no-isolate"), "node_modules/.bin/vitest run --no-isolate", "vitest-4",
    ),
    "mocha": Recipe(
        _node("it", _ASSERT, "import assert from 'node:assert';"), "  {};",
        _manifest("mocha", "mocha test/*.mjs"), "node_modules/.bin/mocha --extension mjs test", "mocha-11",
    ),
    "go": Recipe(_go, "\treturn {}", lambda _: {"go.mod": "module example.com/shop\n\ngo 1.21\n"}, "go test ./..."),
    "cargo": Recipe(_rust, "    {}", _cargo_rest, "cargo test --offline"),
}  # fmt: skip
