"""How a project starts its tests: the framework's call in ``scripts``, with its options, its variables and what is
built before it. Options that watch, update snapshots, leave tests out or choose a reporter are dropped."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.S)
_RUNNERS = frozenset(("npx", "bunx", "cross-env", "cross-env-shell", "env", "c8", "nyc", "dotenv", "exec", "--"))
_CHECKS = re.compile(
    r"^(?:npx )?(?:eslint|prettier|standard|xo|biome|tslint|stylelint|oxlint|publint|knip|rimraf|tsc\b.*--noEmit"
    r"|(?:npm run|yarn(?: run)?|pnpm(?: run)?) (?:lint|format|prettier|typecheck|type-check|check)\S*)\b"
)
_NESTED = re.compile(
    r"^(?:npm(?: run| run-script)?|yarn(?: run)?|pnpm(?: run)?|bun run) (?P<script>[\w:./-]+)(?: -- (?P<more>.*))?$"
)
_DROPPED = {
    "jest": re.compile(
        r"--watch(?:All|man)?|--coverage.*|--collectCoverage.*|--json|--outputFile|--reporters|--bail|-b|--onlyChanged|-o"
        r"|--onlyFailures|-f|--lastCommit|--changedSince|--findRelatedTests|-u|--updateSnapshot|--notify|--ci|--silent"
        r"|--verbose|--passWithNoTests|--forceExit|--testLocationInResults"
    ),
    "vitest": re.compile(
        r"-w|--watch|--coverage.*|--outputFile.*|--output-file|--reporter|--bail|--changed|-u|--update|--ui|--open|--run"
        r"|--silent|--pass-?[wW]ith-?[nN]o-?[tT]ests|--standalone|--hide-?[sS]kipped-?[tT]ests|--include-?[tT]ask-?[lL]ocation"
    ),
    "mocha": re.compile(r"-w|--watch|-R|--reporter|-O|--reporter-options?|--bail|-b|--exit|--no-exit"),
}
_WITH_VALUE = frozenset(
    [
        "--outputFile",
        "--output-file",
        "--reporters",
        "--reporter",
        "-R",
        "--reporter-option",
        "--reporter-options",
        "-O",
        "--changedSince",
        "--changed-since",
        "--coverageReporters",
        "--coverageDirectory",
        "--collectCoverageFrom",
        "--coverage.provider",
    ]
)
_FIRST = {
    "vitest": frozenset(("run", "watch", "dev", "--")),
    "jest": frozenset(("--",)),
    "mocha": frozenset(("--", "run")),
}


@dataclass(frozen=True)
class Call:
    """A framework's call in a script: its options, Node's own, the variables set, the commands that come before it."""

    script: str = ""
    options: tuple[str, ...] = ()
    node_options: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    before: str = ""


def find_call(scripts: Mapping[str, str], framework: str) -> Call | None:
    """The call of ``framework`` in the scripts: ``test`` first, then those named like it, then any."""
    order = sorted(scripts, key=lambda name: (name != "test", not name.startswith("test"), "unit" not in name, name))
    for name in order:
        if re.search(r"watch|update|coverage|debug|e2e", name) and name != "test":
            continue
        call = _in_script(scripts, name, framework, 0)
        if call is not None:
            return call
    return None


def _in_script(scripts: Mapping[str, str], name: str, framework: str, depth: int) -> Call | None:
    """Follows a script that only starts another one."""
    if name not in scripts or depth > 3:
        return None
    before = [scripts[f"pre{name}"]] if f"pre{name}" in scripts else []
    for segment in re.split(r"\s*(?:&&|;)\s*", scripts[name].strip()):
        call = _plain(segment, framework)
        nested = _NESTED.match(segment.strip())
        if call is None and nested:
            inner = "test" if nested["script"] in ("t", "test") else nested["script"]
            call = _in_script(scripts, inner, framework, depth + 1)
        if call is not None:
            steps = [step for text in before for step in text.split("&&") if _is_step(step)]
            joined = " && ".join([*(step.strip() for step in steps), *([call.before] if call.before else [])])
            return Call(name, call.options, call.node_options, call.env, joined)
        before.append(segment)
    return None


def _is_step(text: str) -> bool:
    return bool(text.strip()) and not _CHECKS.match(text.strip())


def _plain(segment: str, framework: str) -> Call | None:
    """One simple command as a call of ``framework``, or ``None`` when it is something else."""
    if re.search(r"[|<>`$()]", segment):
        return None
    try:
        words = shlex.split(segment)
    except ValueError:
        return None
    env: dict[str, str] = {}
    node_options: list[str] = []
    while words and not _is_program(words[0], framework):
        word = words.pop(0)
        assigned = _ASSIGNMENT.fullmatch(word)
        if assigned:
            env[assigned[1]] = assigned[2]
        elif word == "node":
            while words and words[0].startswith("-"):
                node_options.append(words.pop(0))
        elif word in ("yarn", "pnpm", "npm", "bun") or word in _RUNNERS or (word.startswith("-") and len(words) > 0):
            continue
        else:
            return None
    if not words:
        return None
    return Call("", kept_options(words[1:], framework), tuple(node_options), tuple(env.items()))


def _is_program(word: str, framework: str) -> bool:
    if word == framework or (framework == "mocha" and word == "_mocha"):
        return True
    return bool(
        re.search(rf"(?:^|/)node_modules/(?:\.bin/_?{framework}|{framework}/(?:bin/)?_?{framework}\.m?js)$", word)
    )


def kept_options(words: list[str], framework: str) -> tuple[str, ...]:
    """The options of a call without those that a single complete run must not have."""
    kept: list[str] = []
    rest = list(words)
    while rest and rest[0] in _FIRST[framework]:
        rest.pop(0)
    while rest:
        word = rest.pop(0)
        option = word.partition("=")[0]
        if not _DROPPED[framework].fullmatch(option):
            kept.append(word)
        elif option == word and word in _WITH_VALUE and rest and not rest[0].startswith("-"):
            rest.pop(0)
    return tuple(kept)


_TAKES_VALUE = {
    "jest": frozenset(
        [
            "-c",
            "--config",
            "--env",
            "--rootDir",
            "--roots",
            "--maxWorkers",
            "-w",
            "--projects",
            "--selectProjects",
            "--ignoreProjects",
            "--testMatch",
            "--testRegex",
            "-t",
            "--testNamePattern",
            "--setupFilesAfterEnv",
            "--testTimeout",
            "--testEnvironment",
            "--preset",
            "--transform",
            "--modulePathIgnorePatterns",
            "--testPathIgnorePatterns",
            "--testPathPattern",
            "--testPathPatterns",
            "--maxConcurrency",
            "--shard",
            "--seed",
            "--filter",
            "--globals",
            "--cacheDirectory",
            "--moduleNameMapper",
            "--workerIdleMemoryLimit",
        ]
    ),
    "vitest": frozenset(
        [
            "-c",
            "--config",
            "-r",
            "--root",
            "--dir",
            "--project",
            "--environment",
            "--pool",
            "--mode",
            "-t",
            "--testNamePattern",
            "--test-name-pattern",
            "--testTimeout",
            "--test-timeout",
            "--hookTimeout",
            "--retry",
            "--maxWorkers",
            "--minWorkers",
            "--shard",
            "--exclude",
            "--browser",
        ]
    ),
    "mocha": frozenset(),
}


def without_paths(options: tuple[str, ...], framework: str) -> tuple[str, ...]:
    """The options without the patterns of test files, which an id's own file replaces."""
    kept: list[str] = []
    takes = False
    for word in options:
        if word.startswith("-") or takes:
            kept.append(word)
        takes = word in _TAKES_VALUE[framework]
    return tuple(kept)
