"""A repair by a model in the JavaScript world: Jest, Vitest with TypeScript, Mocha. All is real but the model."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from support.node import installed, manifest
from support.projects import block, snapshot, write

JEST = {
    "package.json": manifest("jest", "jest"),
    "src/cart.js": "function total(items) {\n  return items.reduce((sum, item) => sum - item.price, 0);\n}\n\nmodule.exports = { total };\n",  # noqa: E501
    "test/cart.test.js": (
        "const { total } = require('../src/cart');\n\ntest('total adds prices', () => {\n"
        "  expect(total([{ price: 2 }, { price: 3 }])).toBe(5);\n});\n\ntest('empty', () => {\n  expect(total([])).toBe(0);\n});\n"  # noqa: E501
    ),
}
VITEST = {
    "package.json": manifest("vitest", "vitest", type="module"),
    "tsconfig.json": "{}",
    "src/cart.ts": (
        "export interface Item {\n  price: number;\n}\n\nexport function total(items: Item[]): number {\n"
        "  return items.reduce((sum, item) => sum - item.price, 0);\n}\n"
    ),
    "src/cart.test.ts": (
        "import { expect, test } from 'vitest';\nimport { total } from './cart';\n\ntest('total adds prices', () => {\n"
        "  expect(total([{ price: 2 }, { price: 3 }])).toBe(5);\n});\n\ntest('empty', () => {\n  expect(total([])).toBe(0);\n});\n"  # noqa: E501
    ),
}
MOCHA = {
    "package.json": manifest("mocha", "mocha", type="module"),
    "cart.js": "export function total(items) {\n  return items.reduce((sum, item) => sum - item.price, 0);\n}\n",
    "test/cart.js": (
        "import assert from 'node:assert';\nimport { total } from '../cart.js';\n\nit('total adds prices', () => {\n"
        "  assert.strictEqual(total([{ price: 2 }, { price: 3 }]), 5);\n});\n\nit('empty', () => {\n"
        "  assert.strictEqual(total([]), 0);\n});\n"
    ),
}
CASES = [
    ("jest-30", JEST, "src/cart.js", "test/cart.test.js > total adds prices", "node_modules/.bin/jest", "javascript"),
    ("vitest-4", VITEST, "src/cart.ts", "src/cart.test.ts > total adds prices", "node_modules/.bin/vitest run", "typescript"),  # noqa: E501
    ("mocha-11", MOCHA, "cart.js", "test/cart.js > total adds prices", "node_modules/.bin/mocha", "javascript"),
]  # fmt: skip


@pytest.mark.parametrize(("packages", "files", "source", "name", "command", "language"), CASES)
def test_one_repair(
    packages: str,
    files: dict[str, str],
    source: str,
    name: str,
    command: str,
    language: str,
    server,
    cycle,
    tmp_path: Path,
):
    project = write(tmp_path / "project", files)
    (project / "node_modules").symlink_to(installed(packages))
    line = "  return items.reduce((sum, item) => sum {} item.price, 0);"
    server.reply("openai", block(source, line.format("-"), line.format("+")))
    result = cycle("openai").run_autocorrection(project)
    assert (result.success, str(result.outcome), result.applied) == (True, "repaired", True), result.stop_reason
    assert [failure.test_id for failure in result.initial_test_results.failures] == [name]
    assert result.final_test_results.passed_tests == 2
    (call,) = server.calls("openai")
    prompt = call.prompt
    assert language in prompt.lower() and source in prompt and "sum - item.price" in prompt
    assert "-5" in prompt, "the model is told the actual value"
    program, *arguments = command.split()
    assert subprocess.run([project / program, *arguments], cwd=project, capture_output=True, timeout=60).returncode == 0


def test_a_model_cannot_edit_the_tests_or_the_scripts(server, cycle, tmp_path: Path):
    project = write(tmp_path / "project", JEST)
    (project / "node_modules").symlink_to(installed("jest-30"))
    before = {name: text for name, text in snapshot(project).items() if not name.startswith("node_modules")}
    server.reply(
        "openai",
        block("test/cart.test.js", "toBe(5)", "toBe(-5)"),
        block("package.json", '"test": "jest"', '"test": "true"'),
    )
    assert not cycle("openai").run_autocorrection(project).success
    assert {name: text for name, text in snapshot(project).items() if not name.startswith("node_modules")} == before
