"""What is made beside the model's files, and what becomes of a manifest that the model wrote itself."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest

from aion_r.api.generation.manifests import manifests
from aion_r.api.generation.target import choose
from aion_r.core.errors import EditError
from support.generations import GO, GO_TESTS, PYTHON, PYTHON_TESTS, RUST, RUST_TESTS, SAMPLES

COMMON, COMMON_TESTS = SAMPLES["jest"].files.values()
MODULE, MODULE_TESTS = SAMPLES["jest-modules"].files.values()


def made(files: dict[str, str], language: str, framework: str | None = None) -> dict[str, str]:
    return manifests(files, choose(language, framework))


def package_of(files: dict[str, str], framework: str = "jest", language: str = "javascript") -> dict[str, Any]:
    package = json.loads(made(files, language, framework)["package.json"])
    assert isinstance(package, dict)
    return package


def pytest_of(files: dict[str, str]) -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads(made(files, "python")["pyproject.toml"])["tool"]["pytest"]["ini_options"]
    return table


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"stack.py": PYTHON, "test_stack.py": PYTHON_TESTS}, ["."]),
        ({"src/stack.py": PYTHON, "tests/test_stack.py": PYTHON_TESTS}, [".", "src"]),
        ({"src/stack/__init__.py": PYTHON, "tests/test_stack.py": PYTHON_TESTS}, [".", "src"]),
        ({"src/stack.py": PYTHON, "tests/test_stack.py": f"from src.{PYTHON_TESTS[5:]}"}, ["."]),
        ({"lib/core/stack.py": PYTHON, "tests/test_stack.py": PYTHON_TESTS}, [".", "lib/core"]),
        ({"shop/__init__.py": "", "shop/stack.py": PYTHON, "test_stack.py": "from shop.stack import Stack\n"}, ["."]),
    ],
)
def test_python_finds_its_modules(files: dict[str, str], expected: list[str]) -> None:
    assert pytest_of(files) == {"pythonpath": expected}


def test_python_tests_of_an_unusual_name_are_found() -> None:
    table = pytest_of({"stack.py": PYTHON, "tests/stack_tests.py": PYTHON_TESTS})
    assert table["python_files"] == ["test_*.py", "*_test.py", "stack_tests.py"]


def test_a_pyproject_of_the_models_own() -> None:
    project = '[project]\nname = "stack"\nversion = "1"\n'
    files = {"stack.py": PYTHON, "test_stack.py": PYTHON_TESTS}
    completed = made(files | {"pyproject.toml": project}, "python")["pyproject.toml"]
    assert tomllib.loads(completed)["project"]["name"] == "stack" and "pythonpath" in completed
    configured = f"{project}\n[tool.pytest.ini_options]\npythonpath = []\n"
    assert made(files | {"pyproject.toml": configured}, "python") == {}
    assert made(files | {"pytest.ini": "[pytest]\n"}, "python") == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [("[project", "cannot be read"), ('[tool.aion-r]\ntest_command = "true"\n', "may not configure aion-r")],
)
def test_a_pyproject_that_may_not_stay(text: str, said: str) -> None:
    with pytest.raises(EditError, match=said):
        made({"stack.py": PYTHON, "test_stack.py": PYTHON_TESTS, "pyproject.toml": text}, "python")


def test_no_answer_configures_the_loop_that_is_to_judge_it() -> None:
    settings = '[tool.aion-r]\nsandbox = "none"\n'
    with pytest.raises(EditError, match="may not configure aion-r"):
        made({"stack.js": COMMON, "stack.test.js": COMMON_TESTS, "pyproject.toml": settings}, "javascript")


@pytest.mark.parametrize(
    ("files", "module"),
    [
        ({"stack.go": GO, "stack_test.go": GO_TESTS}, "example.com/generated"),
        ({"stack/stack.go": GO, "main.go": 'package main\n\nimport (\n\t"fmt"\n\tst "my/app/stack"\n)\n'}, "my/app"),
        (
            {"stack.go": GO, "stack_test.go": 'package stack_test\n\nimport "github.com/me/stack"\n'},
            "github.com/me/stack",
        ),
    ],
)
def test_the_go_module_is_called_as_the_files_import_it(files: dict[str, str], module: str) -> None:
    assert made(files, "go")["go.mod"].splitlines()[0] == f"module {module}"
    assert made(files | {"go.mod": "module x\n"}, "go") == {}


def cargo_of(files: dict[str, str]) -> dict[str, Any]:
    return tomllib.loads(made(files, "rust")["Cargo.toml"])


def test_the_crate_is_called_as_its_tests_call_it() -> None:
    tests = RUST_TESTS.replace("use generated::Stack", "use rand::Rng;\nuse lifo::{Stack}")
    table = cargo_of({"src/lib.rs": RUST, "tests/stack.rs": tests})
    assert (table["package"]["name"], table["dependencies"]) == ("lifo", {"rand": "*"})
    assert "dependencies" not in cargo_of({"src/lib.rs": f"mod part;\nuse part::X;\n{RUST}", "tests/s.rs": RUST_TESTS})
    assert made({"src/lib.rs": RUST, "Cargo.toml": "[package]\n"}, "rust") == {}


def test_rust_files_in_unusual_places_are_named_in_the_manifest() -> None:
    table = cargo_of({"stack.rs": RUST, "stack_test.rs": RUST_TESTS})
    assert table["lib"] == {"path": "stack.rs"}
    assert table["test"] == [{"name": "stack_test", "path": "stack_test.rs"}]


def test_packages_follow_from_what_is_used() -> None:
    plain = package_of({"stack.js": COMMON, "stack.test.js": COMMON_TESTS})
    assert (plain["devDependencies"], plain["scripts"]) == ({"jest": "^30"}, {"test": "jest"})
    assert "type" not in plain and "dependencies" not in plain
    uses = (
        "const _ = require('lodash');\nconst fs = require('fs');\nconst p = require('node:path');\nrequire('@a/b/c');\n"
    )
    packages = package_of({"stack.js": uses + COMMON, "stack.test.js": COMMON_TESTS})["devDependencies"]
    assert packages == {"jest": "^30", "lodash": "*", "@a/b": "*"}
    modules = package_of({"src/stack.js": MODULE, "tests/stack.js": MODULE_TESTS})
    assert modules["type"] == "module" and "@swc/jest" in modules["devDependencies"]


def test_tests_where_the_framework_does_not_look_are_named() -> None:
    files = {"src/stack.js": MODULE, "tests/stack.js": MODULE_TESTS}
    assert json.loads(made(files, "javascript")["jest.config.json"])["testMatch"] == ["<rootDir>/tests/stack.js"]
    assert '"include": ["tests/stack.js"]' in made(files, "javascript", "vitest")["vitest.config.mjs"]
    assert json.loads(made(files, "javascript", "mocha")[".mocharc.json"]) == {"spec": ["tests/stack.js"]}


def test_a_package_of_the_models_own_is_completed() -> None:
    own = {
        "name": "stack",
        "scripts": {"test": "echo none", "postinstall": "node steal.js", "prepare": "x", "start": "node ."},
        "dependencies": {"lodash": "^4"},
    }
    uses = f"const _ = require('lodash');\n{COMMON}"
    files = {"stack.js": uses, "stack.test.js": COMMON_TESTS, "package.json": json.dumps(own)}
    package = package_of(files)
    assert package["scripts"] == {"test": "jest", "start": "node ."}
    assert (package["name"], package["dependencies"]) == ("stack", {"lodash": "^4"})
    assert package["devDependencies"] == {"jest": "^30"}
    configured = files | {"jest.config.js": "module.exports = {};\n"}
    assert set(made(configured, "javascript")) == {"package.json"}


@pytest.mark.parametrize("text", ["{", "[]", '"x"'])
def test_a_package_that_cannot_be_read(text: str) -> None:
    with pytest.raises(EditError, match=r"package\.json (cannot be read|holds no object)"):
        made({"stack.js": COMMON, "stack.test.js": COMMON_TESTS, "package.json": text}, "javascript")


def test_mocha_takes_one_kind_of_module() -> None:
    with pytest.raises(EditError, match="use one of the two"):
        made({"stack.js": MODULE, "test/stack.js": "const assert = require('assert');\nit('x', () => {});\n"},
             "javascript", "mocha")  # fmt: skip


@pytest.mark.parametrize("framework", ["jest", "mocha", "vitest"])
def test_typescript_has_its_configuration(framework: str) -> None:
    files = dict(SAMPLES[f"{framework}-typescript"].files)
    options = json.loads(made(files, "typescript", framework)["tsconfig.json"])["compilerOptions"]
    assert options["strict"] is True
    assert "tsconfig.json" not in made(files | {"tsconfig.json": "{}"}, "typescript", framework)
    assert "typescript" in package_of(files, framework, "typescript")["devDependencies"]
