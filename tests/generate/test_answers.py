"""What models really write: the files that come of it, or the reason that goes back."""

from __future__ import annotations

import pytest

from aion_r.api.generation.reading import defects, is_tests, read_answer
from aion_r.api.generation.target import choose
from aion_r.core.errors import EditError
from support.generations import GO, GO_TESTS, PYTHON, PYTHON_TESTS, RUST, RUST_TESTS, SAMPLES, answer

PYTHON_FILES = {"stack.py": PYTHON, "test_stack.py": PYTHON_TESTS}
JEST = SAMPLES["jest"].files
NAMED = "is called"


def files_of(text: str, language: str = "python", framework: str | None = None) -> dict[str, str]:
    return dict(read_answer(text, choose(language, framework)).files)


def reason(text: str, language: str = "python", framework: str | None = None) -> str:
    with pytest.raises(EditError) as caught:
        files_of(text, language, framework)
    return str(caught.value)


@pytest.mark.parametrize(
    "form",
    [
        "{path}\n```python\n{text}```",
        "### {path}\n\n```python\n{text}```",
        "**`{path}`**\n```py\n{text}```",
        "1. File: `{path}`:\n   ```python\n{indented}   ```",
        "```python {path}\n{text}```",
        "```python:{path}\n{text}```",
        "```python\n# {path}\n{text}```",
        "Create `./{path}`:\n\n~~~\n{text}~~~",
    ],
)
def test_however_a_path_is_written(form: str) -> None:
    blocks = [
        form.format(path=path, text=text, indented="".join(f"   {line}".rstrip() + "\n" for line in text.splitlines()))
        for path, text in PYTHON_FILES.items()
    ]
    tree = "Layout:\n\n```\nproject\n├── stack.py\n└── test_stack.py\n```\n"
    told = (
        f"Sure!\n\n{tree}\n" + "\n\n".join(blocks) + "\n\nRun it with `pytest test_stack.py`:\n\n```sh\npytest\n```\n"
    )
    assert files_of(told) == PYTHON_FILES


def test_a_fence_inside_a_file_does_not_end_it() -> None:
    read_me = "# Stack\n\n```python\nStack().push(1)\n```\n\nThat is all.\n"
    shown = f"{answer(PYTHON_FILES)}\n\nREADME.md\n````markdown\n{read_me}````\n"
    assert files_of(shown) == {**PYTHON_FILES, "README.md": read_me}
    assert files_of(shown.replace("````", "```")) == {**PYTHON_FILES, "README.md": read_me}


def test_a_diff_of_new_files_and_a_structured_answer_are_read_as_well() -> None:
    diff = "".join(
        f"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{text.count(chr(10))} @@\n"
        + "".join(f"+{line}\n" for line in text.splitlines())
        for path, text in PYTHON_FILES.items()
    )
    assert files_of(f"```diff\n{diff}```") == PYTHON_FILES
    empty = "".join(
        f"{path}\n```\n<<<<<<< SEARCH\n=======\n{text}>>>>>>> REPLACE\n```\n" for path, text in PYTHON_FILES.items()
    )
    assert files_of(empty) == PYTHON_FILES


@pytest.mark.parametrize(
    ("language", "code", "tests", "expected"),
    [
        ("python", PYTHON, PYTHON_TESTS, ("stack.py", "test_stack.py")),
        ("python", PYTHON, PYTHON_TESTS.replace("from stack", "import math\nfrom lifo"), ("lifo.py", "test_lifo.py")),
        ("javascript", *JEST.values(), ("stack.js", "stack.test.js")),
        ("javascript", *SAMPLES["jest-modules"].files.values(), ("src/stack.js", "test/stack.test.js")),
        ("typescript", *SAMPLES["jest-typescript"].files.values(), ("stack.ts", "stack.test.ts")),
        ("go", GO, GO_TESTS, ("stack.go", "stack_test.go")),
        ("rust", RUST, RUST_TESTS, ("src/lib.rs", "tests/generated.rs")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("label", [True, False])
def test_a_file_of_code_and_one_of_tests_need_no_names(
    language: str, code: str, tests: str, expected: tuple[str, str], label: bool
) -> None:
    info = language if label else ""
    shell = "First install it:\n```bash\nnpm install\n```\n"
    told = f"{shell}The code.\n\n```{info}\n{code}```\n\nAnd its tests.\n\n```{info}\n{tests}```\n"
    read = read_answer(told, choose(language, None))
    assert dict(read.files) == dict(zip(expected, (code, tests), strict=True))
    assert [note for note in read.notes if NAMED in note] == list(read.notes) and len(read.notes) == 2


SHIFTED = f"```\nstack.py\n```\n{PYTHON}```\n\ntest_stack.py\n```\n{PYTHON_TESTS}```"
"""As a model of 0.5 B parameters began."""


@pytest.mark.parametrize(
    "text",
    [
        SHIFTED,
        f"{SHIFTED}\n```\n",
        f"```markdown\nstack.py\n```python\n{PYTHON}```\n\ntest_stack.py\n```python\n{PYTHON_TESTS}```\n```",
        f"```\nstack.py\n```\n```python\n{PYTHON}```\n\n```\n`test_stack.py`\n```\n\n```python\n{PYTHON_TESTS}```\n",
        f"Code:\n\n```text\n\nstack.py\n\n```\n{PYTHON}```\n\n```text\ntest_stack.py\n```\n{PYTHON_TESTS}```\n",
    ],
)
def test_a_path_inside_a_fence_is_a_path(text: str) -> None:
    assert {path: body.strip() for path, body in files_of(text).items()} == {
        path: body.strip() for path, body in PYTHON_FILES.items()
    }


def test_a_thought_is_no_answer() -> None:
    thought = f"<think>\nMaybe\n```python\nx = 1\n```\n</think>\n```python\n{PYTHON}```\n```python\n{PYTHON_TESTS}```"
    assert files_of(thought) == PYTHON_FILES


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I cannot do that.", "Write each file's path alone on a line"),
        (f"```python\n{PYTHON}```\n```python\nx = 1\n```\n```python\n{PYTHON_TESTS}```", "no edit in the answer"),
        (answer({"stack.py": PYTHON}), "no tests: put tests in a file of their own, named like test_stack.py"),
        (answer({"stack.py": f"{PYTHON}\n\ndef test_it():\n    assert Stack()\n"}), "stack.py holds tests, but pytest"),
        (answer({"stack.py": PYTHON, "checks.py": PYTHON_TESTS}), "checks.py holds tests, but pytest does not look"),
        (answer({"stack.py": PYTHON, "test_stack.py": "import stack\n"}), "there are no tests"),
        (answer({"test_stack.py": PYTHON_TESTS}), "no file of python code"),
        (answer({"stack.js": "x", "test_stack.py": PYTHON_TESTS}), "no file of python code"),
        (answer({"queue.py": PYTHON, "test_stack.py": PYTHON_TESTS}), "no test imports any of queue.py"),
        (answer(PYTHON_FILES)[:-4], "cut off"),
        (answer({"../stack.py": PYTHON, "test_stack.py": PYTHON_TESTS}), "holds '..'"),
        (answer({"/tmp/stack.py": PYTHON, "test_stack.py": PYTHON_TESTS}), "is absolute"),
        (answer({".git/../../stack.py": PYTHON, "test_stack.py": PYTHON_TESTS}), "holds '..'"),
        (answer({"C:\\stack.py": PYTHON, "test_stack.py": PYTHON_TESTS}), "is absolute"),
        (answer({**PYTHON_FILES, "Stack.py": PYTHON}), "one file on some systems"),
        (answer({**PYTHON_FILES, "stack.py/more.py": PYTHON}), "is a file and"),
        (answer({**PYTHON_FILES, "con.py": PYTHON}), "Windows"),
        ("stack.py\n```\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n```", "was not applied"),
    ],
)  # fmt: skip
def test_what_makes_no_project_goes_back_with_the_reason(text: str, said: str) -> None:
    assert said in reason(text)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"tests/stack.test.js": JEST["stack.test.js"], "stack.test.js": None}, "imports './stack', and there is no"),
        ({"stack.test.js": "test('x', () => { expect(1).toBe(1); });\n"}, "no test imports any of stack.js"),
        ({"stack.test.js": f"import {{ test }} from 'vitest';\n{JEST['stack.test.js']}"}, "to be run by jest"),
        ({"stack.test.js": f"const test = require('node:test');\n{JEST['stack.test.js']}"}, "to be run by jest"),
        ({"stack.test.js": None, "check.js": JEST["stack.test.js"]}, "check.js holds tests, but jest does not"),
    ],
)  # fmt: skip
def test_tests_of_node_must_reach_the_code(changed: dict[str, str | None], said: str) -> None:
    files = {path: text for path, text in {**JEST, **changed}.items() if text is not None}
    assert said in reason(answer(files), "javascript")


@pytest.mark.parametrize(
    ("specifier", "path"),
    [
        ("../src/stack.js", "src/stack.ts"), ("../src/stack", "src/stack.js"), ("../src", "src/index.js"),
        ("..", "index.js"), ("../src/stack.mjs", "src/stack.mjs"), ("../data.json", "data.json"),
    ],
)  # fmt: skip
def test_an_import_is_found_as_node_and_typescript_find_it(specifier: str, path: str) -> None:
    head = f"import * as it from '{specifier}';\nimport {{ a }} from '../a';\n"
    test = f"{head}test('x', () => {{ expect(it).toBe(a); }});\n"
    files = {path: "export const x = 1;\n", "a.js": "export const a = 1;\n", "tests/x.test.js": test}
    assert files_of(answer(files), "javascript") == files


def test_protected_names_are_left_out_and_told() -> None:
    extra = {".github/workflows/ci.yml": "on: push\n", ".env": "A=1\n", ".git/hooks/pre-commit": "#!/bin/sh\n"}
    read = read_answer(answer({**PYTHON_FILES, **extra}), choose("python", None))
    assert dict(read.files) == PYTHON_FILES
    assert [note.split(":")[0] for note in read.notes] == [f"left out {path}" for path in extra]


@pytest.mark.parametrize(
    ("language", "files", "kept"),
    [
        ("python", {"my-stack/stack.py": PYTHON, "my-stack/tests/test_stack.py": PYTHON_TESTS}, False),
        ("python", {"src/stack.py": PYTHON, "src/test_stack.py": PYTHON_TESTS}, True),
        ("python", {"shop/stack.py": PYTHON, "shop/test_stack.py": f"from shop import stack\n{PYTHON_TESTS}"}, True),
        ("rust", {"stack/src/lib.rs": RUST, "stack/tests/stack.rs": RUST_TESTS}, False),
        ("go", {"stack/stack.go": GO, "stack/stack_test.go": GO_TESTS}, True),
        ("go", {"x/go.mod": "module x\n", "x/stack.go": GO, "x/stack_test.go": GO_TESTS}, False),
        ("javascript", {f"stack/{path}": text for path, text in JEST.items()}, False),
    ],
)
def test_a_folder_around_the_project_is_taken_off(language: str, files: dict[str, str], kept: bool) -> None:
    expected = files if kept else {path.partition("/")[2]: text for path, text in files.items()}
    assert files_of(answer(files), language) == expected


def test_unit_tests_inside_a_rust_source_are_tests() -> None:
    inside = f"{RUST}\n#[cfg(test)]\nmod tests {{\n    #[test]\n    fn empty() {{}}\n}}\n"
    assert files_of(answer({"src/lib.rs": inside}), "rust") == {"src/lib.rs": inside}
    assert files_of(f"```rust\n{inside}```", "rust") == {"src/lib.rs": inside}
    assert "there are no tests" in reason(answer({"src/lib.rs": RUST}), "rust")


@pytest.mark.parametrize(
    ("language", "path", "expected"),
    [
        ("python", "tests/conftest.py", True), ("python", "tests/data.json", True), ("python", "pyproject.toml", False),
        ("python", "stack.py", False), ("javascript", "stack.test.js", True), ("javascript", "package.json", False),
        ("javascript", "jest.config.json", False), ("typescript", "tsconfig.json", False),
        ("typescript", "vitest.config.mjs", False), ("go", "go.mod", False), ("go", "a_test.go", True),
        ("rust", "Cargo.toml", False), ("rust", "tests/a.rs", True), ("rust", "src/lib.rs", False),
    ],
)  # fmt: skip
def test_manifests_are_no_tests(language: str, path: str, expected: bool) -> None:
    assert is_tests(path, choose(language, None)) is expected


def test_defects_inside_a_file() -> None:
    assert defects(PYTHON_FILES) == ()
    broken, short = defects({"a.py": "def f(:\n", "b.py": "# ... rest of the code\n"})
    assert broken.startswith("a.py does not parse: line 1") and "leaves code out" in short
