"""The prompt of a generation: what is wanted, in which language, how files and tests are named, how to answer."""

from __future__ import annotations

from .fence import clean

_ROLE = """\
You write {language} code that fulfils the requirements, and {framework} tests for it. The tests are the \
specification: they cover usual, boundary and wrong input, and every expected value must be right, so work it out. \
Few precise tests are better than many. Use the standard library alone unless the requirements name a package. \
No placeholders: every function is complete."""

_FORM = """\
Answer with one sentence. Then, for each file, its path alone on a line and a fenced block that holds the whole file, \
as here, with names of your own:

{example}

Code and tests are files of their own. {layout}
Leave {manifests} out: it is made for you. Nothing outside the blocks is kept."""

_EXAMPLE = "{code}\n```\nall lines of the code\n```\n\n{tests}\n```\nall lines of the tests\n```"

_LAST = "Answer with all files, code and tests, each with its path alone on a line above its fenced block."
_NODE = "package.json with all configuration"
_COMMON = "CommonJS (`require`, `module.exports`)"
_ES = "ES modules (`import`, `export`)"
_GLOBAL = "`describe`, `test` and `expect` are global."

_LAYOUT: dict[tuple[str, str], tuple[str, str, str, str]] = {
    ("pytest", "python"): ("stack.py", "test_stack.py", "Tests say `from stack import Stack`.", "pyproject.toml"),
    ("jest", "javascript"): ("stack.js", "stack.test.js", f"{_COMMON}, `require('./stack')`. {_GLOBAL}", _NODE),
    ("jest", "typescript"): ("stack.ts", "stack.test.ts", f"{_ES}, `from './stack'`. {_GLOBAL}", _NODE),
    ("vitest", "javascript"): ("stack.js", "stack.test.js", f"{_ES}, `from './stack.js'`; tests import from 'vitest'.",
                               _NODE),
    ("vitest", "typescript"): ("stack.ts", "stack.test.ts", f"{_ES}, `from './stack'`; tests import from 'vitest'.",
                               _NODE),
    ("mocha", "javascript"): ("stack.js", "test/stack.test.js",
                              f"{_COMMON}, `require('../stack')`; assert with `node:assert`, not chai.", _NODE),
    ("mocha", "typescript"): ("stack.ts", "test/stack.test.ts",
                              f"{_ES}, `from '../stack'`; assert with `node:assert`, not chai.", _NODE),
    ("go", "go"): ("stack.go", "stack_test.go",
                   "All in one folder and one package, named for what it does, not main.", "go.mod"),
    ("cargo", "rust"): ("src/lib.rs", "tests/stack.rs", "The crate is `generated`: tests say `use generated::Stack;`.",
                        "Cargo.toml"),
}  # fmt: skip
"""By framework and language: a file of code, one of tests, how they find each other, what is made without the model."""


def system_text(language: str, framework: str) -> str:
    """The role, then the form of the answer with the names that ``framework`` finds its tests by."""
    code, tests, layout, manifests = _LAYOUT[framework, language]
    example = _EXAMPLE.format(code=code, tests=tests)
    role = _ROLE.format(language=language, framework=framework)
    return f"{role}\n{_FORM.format(example=example, layout=layout, manifests=manifests)}"


def user_text(requirements: str) -> str:
    """The requirements as they are, without what no reader sees; small models follow what stands last."""
    return f"Requirements:\n{clean(requirements).strip()}\n\n{_LAST}"


def example_names(language: str, framework: str) -> tuple[str, str]:
    """A file of code and one of tests as the prompt shows them: for an objection to an answer that has none."""
    code, tests, _, _ = _LAYOUT[framework, language]
    return code, tests
