"""Node's frameworks where sockets are refused: they run, in as many processes or threads as they like."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command_line import CommandLine, document
from support.node import installed
from support.projects import block, snapshot, write
from support.scripted_server import ScriptedServer

JEST = {
    "package.json": json.dumps({"scripts": {"test": "jest --maxWorkers=2"}, "jest": {"testEnvironment": "node"}}),
    "sum.js": "module.exports = (a, b) => a - b;\n",
}
VITEST = {
    "package.json": json.dumps({"type": "module", "scripts": {"test": "vitest run"}}),
    "vitest.config.js": "export default { test: { globals: true, pool: 'forks', maxWorkers: 2 } };\n",
    "sum.js": "export default (a, b) => a - b;\n",
}
HOSTILE = """
test('adds', () => expect(sum(1, 2)).toBe(3));
test('reads the key', () => expect(fs.readFileSync('{home}/.ssh/id_ed25519', 'utf8')).toBe('private'));
test('writes home', () => fs.writeFileSync('{home}/planted', 'x'));
test('serves', () => new Promise((done, fail) => {{
  const server = http.createServer().on('error', fail).listen(0, '127.0.0.1', () => server.close(done));
}}));
"""
PLAIN = "\ntest('zero', () => expect(sum(0, 0)).toBe(0));\n"
HEADS = {
    "jest-30": "const sum = require('./sum');\nconst fs = require('fs');\nconst http = require('http');\n",
    "vitest-4": "import sum from './sum.js';\nimport fs from 'fs';\nimport http from 'http';\n",
}


@pytest.fixture(params=[("jest-30", JEST), ("vitest-4", VITEST)], ids=["jest", "vitest"])
def line(request: pytest.FixtureRequest, tmp_path: Path) -> CommandLine:
    packages, files = request.param
    head = HEADS[packages]
    home = write(tmp_path / "home", {".ssh/id_ed25519": "private"})
    tests = {"hostile.test.js": head + HOSTILE.format(home=home), "plain.test.js": head + PLAIN}
    project = write(tmp_path / "project", files | tests)
    (project / "node_modules").mkdir()
    for package in installed(packages).iterdir():
        (project / "node_modules" / package.name).symlink_to(package)
    (project / "node_modules" / ".vite-temp").mkdir(exist_ok=True)  # as a run of the user's own leaves it
    return CommandLine(home, project, {"AION_R_HOME": str(tmp_path / "aion")})


def test_at_landlock(line: CommandLine) -> None:
    before = snapshot(line.home)
    done = line.call("test", "--json", "--sandbox", "landlock")
    report = document(done.stdout)
    assert (report["outcome"], report["total_tests"], report["passed_tests"]) == ("completed", 5, 1), done.stderr
    failed = {failure["test_id"].split(" > ")[-1]: failure["message"] for failure in report["failures"]}
    assert set(failed) == {"adds", "reads the key", "writes home", "serves"}
    assert all("EACCES" in failed[name] for name in ("reads the key", "writes home", "serves")), failed
    assert snapshot(line.home) == before
    assert list((line.folder / "node_modules" / ".vite-temp").iterdir()) == []


@pytest.mark.parametrize("line", [("vitest-4", VITEST)], ids=["vitest"], indirect=True)
def test_a_repair_at_landlock(line: CommandLine) -> None:
    (line.folder / "hostile.test.js").unlink()
    write(line.folder, {"sum.test.js": HEADS["vitest-4"] + HOSTILE.partition("test('reads")[0]})
    with ScriptedServer() as server:
        server.reply("openai", block("sum.js", "export default (a, b) => a - b;", "export default (a, b) => a + b;"))
        line.variables |= server.environment("openai")
        repaired = document(line.call("fix", "--json", "--sandbox", "landlock").stdout)
    assert (repaired["outcome"], repaired["sandbox"]) == ("repaired", "landlock")
    assert (line.folder / "sum.js").read_text() == "export default (a, b) => a + b;\n"
