"""Refused: edits of sources that reach for the tests' runner instead of mending what it tests.

Each rule is a pattern of code. It refuses a file that does now what it did not do before: a program that always ended
by ``sys.exit`` may go on doing so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from ...core.domain import Edit
from .source import Change, change_of


@dataclass(frozen=True)
class Rule:
    """``pattern`` in the code of ``language`` means that the patch ``what``; ``usual`` is where it is nothing new."""

    language: str
    what: str
    pattern: str
    usual: str = ""


_ENDS = "ends the process early"
_RUNNER = "uses the test runner"
_DETECTS = "behaves differently under test"
_CALLER = "looks at who calls it"
_EQUAL = "makes an object that is equal to everything"
_BUILTINS = "patches the language's own functions"

RULES = (
    Rule("python", _ENDS, r"\b(?:os\._exit|os\.abort|os\.killpg|signal\.raise_signal)\b|\bos\.kill\(\s*os\.getp"),
    Rule(
        "python",
        _ENDS,
        r"(?:\bsys\.exit|\bSystemExit|(?<![\w.])exit|(?<![\w.])quit)\s*\(\s*(?:0|None|False)?\s*\)|"
        r"\braise\s+SystemExit\s*$",
        r"\b(?:sys\.exit|SystemExit)\b",
    ),
    Rule(
        "python",
        _RUNNER,
        r"^[ \t]*(?:import|from)\s+(?:pytest|_pytest|unittest|nose|xdist)\b|"
        r"(?:__import__|import_module)\(\s*['\"](?:_?pytest|unittest)",
    ),
    Rule(
        "python",
        _DETECTS,
        r"\bPYTEST_\w+|\b_?pytest\.\w+|['\"]_?(?:pytest|unittest)['\"]\s+(?:not\s+)?in\s+sys\.modules|"
        r"\bsys\.(?:modules|argv|orig_argv)\b[^\n]*(?:pytest|unittest)",
    ),
    Rule(
        "python",
        _CALLER,
        r"\binspect\.(?:stack|currentframe|getouterframes)\b|\bsys\._(?:getframe|current_frames)\b|"
        r"\btraceback\.(?:extract_stack|walk_stack)\b|\bgc\.get_(?:objects|referrers)\b|"
        r"\bfrom\s+inspect\s+import\b[^\n]*\b(?:stack|currentframe)\b",
    ),
    Rule(
        "python",
        _EQUAL,
        r"\bdef\s+__eq__\s*\([^)]*\)[^:\n]*:\s*return\s+True\s*$|\bdef\s+__ne__\s*\([^)]*\)[^:\n]*:\s*return\s+False\s*$|"
        r"\b__eq__\s*=\s*lambda[^:\n]*:\s*True\b",
    ),
    Rule(
        "python",
        _BUILTINS,
        r"\b(?:builtins|__builtins__)(?:\.\w+\s*=(?!=)|\[)|\bsetattr\(\s*(?:builtins|__builtins__)\b|"
        r"\bsys\.(?:settrace|setprofile|excepthook|meta_path|path_hooks)\b",
    ),
    Rule("javascript", _ENDS, r"\bprocess\.(?:reallyExit|abort)\s*\(|\bprocess\.kill\(\s*process\.p"),
    Rule(
        "javascript",
        _ENDS,
        r"\bprocess\.exit\s*\(\s*0?\s*\)|\bprocess\.exitCode\s*=\s*0\b",
        r"\bprocess\.exit\b|\bprocess\.exitCode\b",
    ),
    Rule(
        "javascript",
        _RUNNER,
        r"(?:\brequire\(\s*|\bfrom\s+|\bimport\s*\(?\s*)['\"](?:jest|@jest/[\w/-]+|mocha|vitest(?:/\w+)?|node:test|chai|"
        r"expect|sinon|jasmine)['\"]|\b(?:jest|vi)\.(?:mock|doMock|setMock|unstable_mockModule|fn|spyOn|retryTimes)\b|"
        r"\b(?:describe|it|test)\.(?:skip|only|todo)\b|\bexpect\.extend\b",
    ),
    Rule(
        "javascript",
        _DETECTS,
        r"\bJEST_WORKER_ID\b|\bVITEST(?:_\w+)?\b|\bMOCHA_\w+|\bNODE_TEST_CONTEXT\b|__(?:jest|vitest)_\w+__|"
        r"\bNODE_ENV\b[^\n]{0,12}['\"]test['\"]|\bprocess\.argv\b[^\n]*(?:jest|mocha|vitest)|"
        r"\btypeof\s+(?:jest|describe|expect|vi|beforeEach)\b|"
        r"\bglobal(?:This)?\.(?:jest|expect|describe|it|test|vi|beforeEach)\b",
    ),
    Rule("javascript", _CALLER, r"\.stack\b[^\n]*\b(?:includes|match|indexOf|test|split)\(|\barguments\.callee\b"),
    Rule("javascript", _EQUAL, r"\basymmetricMatch\b"),
    Rule(
        "javascript",
        _BUILTINS,
        r"\b(?:Object|Array|String|Number|Boolean|Function|Promise|JSON|Map|Set|RegExp|Date|Math|Reflect|assert)"
        r"(?:\.prototype)?\.\w+\s*=(?![=>])|\brequire\.cache\b|\bModule\._(?:load|resolveFilename)\b",
    ),
    Rule("go", _ENDS, r"\b(?:os|syscall)\.Exit\s*\(\s*0\s*\)", r"\bos\.Exit\b"),
    Rule("go", _ENDS, r"\bruntime\.Goexit\b"),
    Rule(
        "go", _RUNNER, r"^[ \t]*(?:import\s+)?(?:[\w.]+\s+)?\"(?:testing(?:/\w+)?|github\.com/stretchr/testify[\w/]*)\""
    ),
    Rule("go", _DETECTS, r"\btesting\.Testing\(|\bflag\.Lookup\(\s*\"test\.|\bos\.Args\b[^\n]*test|\"-?test\.\w*\""),
    Rule("go", _CALLER, r"\bruntime\.Callers?\b|\bdebug\.Stack\("),
    Rule("rust", _ENDS, r"\bprocess::exit\s*\(\s*0\s*\)", r"\bprocess::exit\b"),
    Rule("rust", _DETECTS, r"\bcfg!\s*\([^)]*\btest\b|\bcfg\s*\(\s*not\s*\(\s*test\b|\bRUST_TEST_\w+|\bNEXTEST\w*"),
    Rule("rust", _CALLER, r"\bthread::current\(\)\s*\.name\(|\bBacktrace::(?:force_)?capture\b"),
    Rule("rust", _EQUAL, r"\bfn\s+eq\s*\(\s*&self\s*,[^)]*\)\s*->\s*bool\s*\{\s*true\s*\}"),
    Rule("java", _ENDS, r"\bSystem\.exit\s*\(\s*0\s*\)|\bRuntime\.getRuntime\(\)\.halt\b", r"\bSystem\.exit\b"),
    Rule("java", _RUNNER, r"^[ \t]*import\s+(?:static\s+)?org\.(?:junit|testng|mockito|assertj)\b"),
    Rule("java", _CALLER, r"\bThread\.currentThread\(\)\.getStackTrace\b|\bStackWalker\b"),
    Rule("java", _EQUAL, r"\bboolean\s+equals\s*\([^)]*\)\s*\{\s*return\s+true\s*;\s*\}"),
)
_LINKED = re.compile(rb"^//go:linkname\b", re.MULTILINE)
_SHADOWING = re.compile(r"(?:^|/)(?:_?pytest|unittest|pluggy|doctest)(?:\.py$|/__init__\.py$)")


def tampering(edit: Edit) -> str | None:
    """Why ``edit``, of a file that is no test, is refused, in words for its author; ``None`` where it is not."""
    if edit.after is None:
        return None
    if edit.before is None and _SHADOWING.search(edit.path):
        return f"{edit.path} may not be added: it would take the place of {PurePosixPath(edit.path).parts[-1]}'s module"
    if len(_LINKED.findall(edit.after)) > len(_LINKED.findall(edit.before or b"")):
        return f"{edit.path} {_BUILTINS} (//go:linkname)"
    change = change_of(edit)
    if change is None:
        return None
    for rule in RULES:
        if rule.language == change.language and (found := _brought_in(rule, change)):
            return _refused(edit.path, change.line_of(found.end()), found[0], rule.what)
    return None


def _brought_in(rule: Rule, change: Change) -> re.Match[str] | None:
    if not re.search(rule.pattern, change.fresh, re.MULTILINE):
        return None
    if re.search(rule.usual or rule.pattern, change.before, re.MULTILINE):
        return None
    return re.search(rule.pattern, change.after, re.MULTILINE)


def _refused(path: str, line: int, text: str, what: str) -> str:
    shown = " ".join(text.split())[:60]
    return (
        f"{path} was not changed: with your edit, at line {line} ({shown}), it {what}. A fix must mend the code for "
        "every caller, without knowing of tests."
    )
