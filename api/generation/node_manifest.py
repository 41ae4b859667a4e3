"""``package.json`` and the configuration beside it for code in JavaScript or TypeScript and its framework."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from ...core.errors import NoEdit
from .sources import holds_tests, is_source, specifiers, uses_import, uses_require
from .target import Target

_VERSIONS = {
    "@swc/core": "^1", "@swc/jest": "^0.2", "@types/jest": "^30", "@types/mocha": "^10", "@types/node": "^22",
    "jest": "^30", "mocha": "^11", "tsx": "^4", "typescript": "^5", "vitest": "^4",
    "chai": "^4.5",
}  # fmt: skip
"""Of packages that are asked for here; ``chai`` from 5 on cannot be required everywhere."""
_NEEDED = {
    ("jest", "typescript"): ("jest", "@swc/core", "@swc/jest", "@types/jest", "@types/node", "typescript"),
    ("mocha", "typescript"): ("mocha", "tsx", "@types/mocha", "@types/node", "typescript"),
    ("vitest", "typescript"): ("vitest", "typescript"),
}
_SWC = {"jsc": {"parser": {"syntax": "typescript", "tsx": False}, "target": "es2022"}}
_SCRIPTS = {"jest": "jest", "mocha": "mocha", "vitest": "vitest run"}
_INSTALLING = re.compile(r"^(?:pre|post)?(?:install|prepare|publish|pack|uninstall)(?:Only)?$")
_FOUND_ANYWAY = re.compile(r"(?:^|/)__tests__/|\.(?:test|spec)\.[cm]?[jt]sx?$")
_BUILTIN = re.compile(
    "assert|async_hooks|buffer|child_process|cluster|console|constants|crypto|dgram|dns|domain|events|fs|http|http2|https|"
    "inspector|module|net|os|path|perf_hooks|process|punycode|querystring|readline|repl|stream|string_decoder|sys|timers|"
    "tls|trace_events|tty|url|util|v8|vm|wasi|worker_threads|zlib"
)
_PROVIDED = {"@jest/globals": "jest"}


def node_files(files: Mapping[str, str], target: Target) -> dict[str, str]:
    """``package.json``, the model's own completed or one of ours, and what else the framework asks for."""
    sources = {path: text for path, text in files.items() if is_source(target.language, path)}
    plain = {path: text for path, text in sources.items() if path.endswith((".js", ".jsx"))}
    framework = target.framework.name
    if framework == "mocha" and uses_import(plain.values()) and uses_require(plain.values()):
        raise NoEdit("some files import and others require: use one of the two in all of them")
    package = _given(files.get("package.json", ""))
    _complete(package, sources, plain, target)
    made = {"package.json": json.dumps(package, indent=2) + "\n"}
    tests = [p for p in sources if target.framework.is_test_file(p) and holds_tests(target.language, sources[p])]
    made |= _configuration(framework, package, tests, files)
    if target.language == "typescript" and "tsconfig.json" not in files:
        made["tsconfig.json"] = json.dumps({"compilerOptions": _compiler_options(framework)}, indent=2) + "\n"
    return made


def _given(text: str) -> dict[str, Any]:
    try:
        package = json.loads(text) if text.strip() else {}
    except ValueError as error:
        raise NoEdit(f"package.json cannot be read: {error}. Leave it out: it is made for you") from None
    if not isinstance(package, dict):
        raise NoEdit("package.json holds no object. Leave it out: it is made for you")
    return package


def _complete(package: dict[str, Any], sources: Mapping[str, str], plain: Mapping[str, str], target: Target) -> None:
    """What ``package`` lacks; what would run code at installation is taken out of it."""
    framework = target.framework.name
    package.setdefault("name", "generated")
    package.setdefault("version", "0.1.0")
    package.setdefault("private", True)
    scripts = _table(package, "scripts")
    for name in [name for name in scripts if _INSTALLING.match(name)]:
        del scripts[name]
    if framework not in str(scripts.get("test", "")):
        scripts["test"] = _script(target)
    if uses_import(plain.values()) and not uses_require(plain.values()):
        package.setdefault("type", "module")
    wanted = [*_NEEDED.get((framework, target.language), (framework,)), *_imported(sources)]
    if framework == "jest" and uses_import(plain.values()):
        wanted += ["@swc/core", "@swc/jest"]
    development = _table(package, "devDependencies")
    known = {**_table(package, "dependencies"), **development}
    for name in dict.fromkeys(wanted):
        if name not in known:
            development[name] = _VERSIONS.get(name, "*")
    if not package["dependencies"]:
        del package["dependencies"]


def _table(package: dict[str, Any], name: str) -> dict[str, Any]:
    if not isinstance(package.get(name), dict):
        package[name] = {}
    table: dict[str, Any] = package[name]
    return table


def _script(target: Target) -> str:
    name = target.framework.name
    return "mocha --import=tsx" if (name, target.language) == ("mocha", "typescript") else _SCRIPTS[name]


def _imported(sources: Mapping[str, str]) -> list[str]:
    """The packages that the sources name."""
    found = []
    for text in sources.values():
        for specifier in specifiers(text):
            parts = specifier.split("/")
            name = "/".join(parts[:2]) if specifier.startswith("@") else parts[0]
            if re.fullmatch(r"(?:@[\w.-]+/)?[\w][\w.-]*", name) and not _BUILTIN.fullmatch(name):
                found.append(_PROVIDED.get(name, name))
    return found


def _configuration(
    framework: str, package: Mapping[str, Any], tests: list[str], files: Mapping[str, str]
) -> dict[str, str]:
    """A file of the framework's own, where its defaults would not find or not read the tests."""
    configured = any(re.match(rf"(?:{framework}|vite)\.config\.|\.mocharc", PurePosixPath(p).name) for p in files)
    if configured or framework in package:
        return {}
    odd = [path for path in tests if not _FOUND_ANYWAY.search(path)]
    if framework == "mocha":
        return {".mocharc.json": json.dumps({"spec": tests}, indent=2) + "\n"}
    if framework == "vitest":
        settings: dict[str, Any] = {"globals": True} | ({"include": tests} if odd else {})
        return {"vitest.config.mjs": f"export default {{ test: {json.dumps(settings)} }};\n"}
    settings = {"testMatch": [f"<rootDir>/{path}" for path in tests]} if odd else {}
    if "@swc/jest" in package["devDependencies"]:
        settings["transform"] = {r"\.[cm]?[jt]sx?$": ["@swc/jest", _SWC]}
    return {"jest.config.json": json.dumps(settings, indent=2) + "\n"} if settings else {}


def _compiler_options(framework: str) -> dict[str, Any]:
    modern = {"module": "esnext", "moduleResolution": "bundler"}
    types = {"jest": ["jest", "node"], "mocha": ["mocha", "node"], "vitest": ["vitest/globals"]}[framework]
    common = {"target": "es2022", "strict": True, "esModuleInterop": True, "skipLibCheck": True, "noEmit": True}
    return common | modern | {"types": types}
