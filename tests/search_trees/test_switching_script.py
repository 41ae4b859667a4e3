"""Switched JavaScript and TypeScript does with each number exactly what the plain edit does."""

from __future__ import annotations

import json
import subprocess

from support.node import installed

from .samples import SCRIPT, TYPED
from .switching import Sample, check_lines, sampled, written

RUN = """
const vm = require('vm');
const { programs, typescript } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const ts = typescript && require(typescript);
process.on('unhandledRejection', () => {});
const ends = `;Function.prototype.toString = () => 'a function'; globalThis.out = JSON.stringify(answers().map(f => {
  try { return f() ?? String(f()); } catch (e) { return 'threw ' + e.name; }
}));`;
const scripts = new Map();
function script(text) {
  const to = ts && { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
  if (!scripts.has(text)) scripts.set(text, new vm.Script((ts ? ts.transpile(text, to) : text) + ends));
  return scripts.get(text);
}
function run(text, number) {
  const module = { exports: {} };
  const context = vm.createContext({ module, exports: module.exports, process: { env: { AION_R_VARIANT: number } } });
  try {
    script(text).runInContext(context, { timeout: 300 });
  } catch (e) {
    return 'failed ' + (e.code ?? e.name);
  }
  return context.out;
}
console.log(JSON.stringify(programs.map(([text, number]) => run(text, number))));
"""


def ran(programs: list[tuple[str, str]], typescript: str = "") -> list[str]:
    """What each program answers with a number in force."""
    given = json.dumps({"programs": programs, "typescript": typescript})
    done = subprocess.run(["node", "-e", RUN], input=given, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    answers: list[str] = json.loads(done.stdout)
    return answers


def check(sample: Sample, typescript: str = "") -> None:
    check_lines(sample)
    numbers = [0, *sample.numbers]
    plain = ran([(sample.plain(n), "") for n in numbers], typescript)
    switched = ran([(sample.switched.text, str(n) if n else "") for n in numbers], typescript)
    assert not plain[0].startswith("failed")
    for number, one, other in zip(numbers, plain, switched, strict=True):
        assert other == one, sample.candidates.get(number)
    assert len(set(plain)) > 10


def test_every_variant_of_javascript_is_its_plain_edit() -> None:
    check(sampled("javascript", "a.js", SCRIPT, 120))


def test_every_variant_of_typescript_is_its_plain_edit() -> None:
    check(sampled("typescript", "src/a.ts", TYPED, 120), str(installed("mocha-11-typescript") / "typescript"))


TYPES = """
const { files, typescript } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const ts = require(typescript);
const options = { strict: true, noImplicitReturns: true, noFallthroughCasesInSwitch: true, noEmit: true,
  target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS, types: [],
  lib: ['lib.es2022.d.ts'], skipLibCheck: true };
const host = ts.createCompilerHost(options);
const known = host.getSourceFile;
host.getSourceFile = (name, ...rest) => name in files
  ? ts.createSourceFile(name, files[name], options.target) : known(name, ...rest);
const program = ts.createProgram(Object.keys(files), options, host);
const place = d => [d.file.fileName, d.file.getLineAndCharacterOfPosition(d.start).line + 1];
console.log(JSON.stringify(ts.getPreEmitDiagnostics(program).map(d => [...place(d), JSON.stringify(d.messageText)])));
"""


def complaints(files: dict[str, str]) -> list[tuple[str, int, str]]:
    """What the TypeScript compiler says of each file, as file, line, message."""
    given = json.dumps({"files": files, "typescript": str(installed("mocha-11-typescript") / "typescript")})
    done = subprocess.run(["node", "-e", TYPES], input=given, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return [(file, line, message) for file, line, message in json.loads(done.stdout)]


def test_typescript_complains_of_a_variant_at_its_own_lines_only() -> None:
    sample = sampled("typescript", "a.ts", TYPED, 40)
    numbers = [0, *sample.numbers]
    plain = complaints({f"v{n}.ts": sample.plain(n) for n in numbers})
    wrong = {int(file[1:-3]) for file, _, _ in plain}
    assert 0 not in wrong and 5 < len(wrong) < len(numbers) - 5
    part = written("typescript", "a.ts", TYPED, {n: sample.candidates[n] for n in sample.numbers if n not in wrong})
    assert complaints({"a.ts": part.switched.text}) == []
