"""Runs ``cargo nextest run`` and records what its JUnit report says, named as nextest names it. Standard library only.

Our profile stands in a tool's configuration: it inherits the project's default profile, never stops at the first
failure, ends tests that hang, and writes the report into the folder of results.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ..stand_in import Settings
from .cargo_record import Kept, Record, capped

TOOL, CONFIGURATION, REPORT = "aion-r", "aion_r_nextest.toml", "aion_r_nextest.xml"
NO_TESTS, UNABLE = 4, 125
LONGEST_FILTER = 100_000
"""Bytes that one argument may have: Linux takes 128 KiB."""
_CODE = re.compile(r"exit code (\d+)")
_SIGNAL = re.compile(r"signal (\d+)")
_NOTE = re.compile(r"^note: (test did not panic as expected|panic did not contain expected string)", re.M)
_OWN = re.compile(r"^--?(?:profile|P|no-fail-fast|fail-fast|ff|nff|max-fail|tool-config-file|no-tests)(?:=|$)")
_NOT_CARGOS = re.compile(
    r"^(?:-E|--filter-?(?:expr|set)|--run-ignored|--test-threads|-j|--retries|--flaky-result|--partition|--no-capture|"
    r"--nocapture|--(?:success|failure|final|status)-[\w-]+|--hide-progress-bar|--show-progress|--config-file|"
    r"--user-config-file|--ignore-default-filter|--max-progress-running|--message-format[\w-]*|--stress-[\w-]+)(?:=|$)"
)
_ALONE = frozenset(["--no-capture", "--nocapture", "--hide-progress-bar", "--ignore-default-filter"])
_VALUED = frozenset(
    ["-p", "--package", "--exclude", "--bin", "--example", "--test", "--bench", "-F", "--features", "--target",
     "--target-dir", "--profile", "--manifest-path", "--config", "-Z", "--jobs", "--color"]
)  # fmt: skip
Build = Callable[[list[str]], dict[str, Any] | None]


def run_nextest(arguments: list[str], folder: str, settings: Settings, build: Build, *, echo: bool = False) -> int:
    """Build with ``build``, run, and record. The exit status of nextest, 101 where it could not be built, and
    ``UNABLE`` where nextest could not run these tests at all."""
    own, taken = _without_ours(arguments)
    named = build(_for_cargo(own))
    if named is None:
        return 101
    programs = {what["id"]: what for what in named.values()}
    chosen = _filterset({name: tests for name, tests in (settings["ids"] or {}).items() if name in programs})
    own = ["-E", chosen, *own] if chosen else own
    out = Path(settings["out"])
    profile = _profile(taken)
    reports = [out / REPORT, *_configured(folder, profile, named)]
    for report in reports:
        report.unlink(missing_ok=True)
    (out / CONFIGURATION).write_text(_configuration(reports[0], settings, profile), encoding="utf-8")
    ours = [f"--tool-config-file={TOOL}:{out / CONFIGURATION}", f"--profile={profile}"]
    status, said = _run([settings["cargo"], "nextest", "run", "--no-fail-fast", *ours, *own], folder, settings, echo)
    written = next((report for report in reports if report.is_file()), None)
    if written is not None:
        listed = _listed([settings["cargo"], "nextest", "list", "--message-format=json", *ours, *own], folder)
        _record(written, listed, programs, settings)
    elif status not in (0, NO_TESTS):
        message = f"cargo nextest run ended with status {status}: {said[-4_000:]}"
        with (out / settings["stream"]).open("ab") as stream:
            stream.write(json.dumps({"reason": "unfinished", "message": message}).encode() + b"\n")
        return UNABLE
    return 0 if status == NO_TESTS else status


def _filterset(ids: dict[str, list[str]]) -> str:
    """The expression that selects the tests of each program; empty where it would be too long for an argument."""
    parts = []
    for program, names in ids.items():
        tests = "" if "" in names else " & (" + " | ".join(f"test(={_escaped(name)})" for name in names) + ")"
        parts.append(f"(binary_id(={_escaped(program)}){tests})")
    chosen = " | ".join(parts)
    return chosen if len(chosen.encode()) <= LONGEST_FILTER else ""


def _escaped(name: str) -> str:
    return re.sub(r"[\\/),]", r"\\\g<0>", name)


def _without_ours(arguments: list[str]) -> tuple[list[str], dict[str, str]]:
    """The user's arguments without those that we give, and what those said."""
    kept: list[str] = []
    taken: dict[str, str] = {}
    words = iter(arguments)
    for word in words:
        if not _OWN.match(word):
            kept.append(word)
        elif "=" in word or "fail-fast" in word or word in ("--ff", "--nff"):
            taken[word.partition("=")[0]] = word.partition("=")[2]
        else:
            taken[word] = next(words, "")
    return kept, taken


def _profile(taken: dict[str, str]) -> str:
    """Ours, which inherits the project's default one; where the user names another, that one with our report."""
    return next((taken[name] for name in ("--profile", "-P") if name in taken), TOOL)


def _configured(folder: str, profile: str, named: dict[str, Any]) -> list[Path]:
    """Where the project's own profile may put its report, which a tool cannot change: below the folder of builds."""
    try:
        configuration = tomllib.loads((Path(folder) / ".config" / "nextest.toml").read_text(encoding="utf-8"))
        path = str(configuration["profile"][profile]["junit"]["path"])
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [above / "nextest" / profile / path for above in Path(next(iter(named), "")).parents]


def _for_cargo(arguments: list[str]) -> list[str]:
    """The arguments that say what is built; filters and nextest's own options are not cargo's."""
    kept: list[str] = []
    words = iter(arguments[: arguments.index("--")] if "--" in arguments else arguments)
    for word in words:
        if _NOT_CARGOS.match(word):
            if "=" not in word and word not in _ALONE:
                next(words, None)
        elif word.startswith("-"):
            word = word.replace("--cargo-profile", "--profile").replace("--build-jobs", "--jobs")
            kept += [word, next(words, "")] if word in _VALUED else [word]
    return kept


def _configuration(report: Path, settings: Settings, profile: str) -> str:
    period = max(1, round(settings["silence"]))
    return (
        f"[profile.{profile}]\nfail-fast = false\n"
        f'slow-timeout = {{ period = "{period}s", terminate-after = 1, grace-period = "1s" }}\n'
        f"[profile.{profile}.junit]\npath = {json.dumps(str(report))}\nstore-failure-output = true\n"
    )


def _run(words: list[str], folder: str, settings: Settings, echo: bool) -> tuple[int, str]:
    """Run it; shortly before the time is over nextest is asked to end, and still writes its report."""
    process = subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    margin = max(2.0, min(12.0, settings["timeout"] * 0.08))
    left = settings["started"] + settings["timeout"] - margin - time.time()
    timer = threading.Timer(max(0.1, left), process.send_signal, [signal.SIGTERM])
    timer.daemon = True
    timer.start()
    said = Kept()
    while data := process.stdout.read1(65_536):  # type: ignore[attr-defined]
        said.add(data)
        if echo:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
    timer.cancel()
    return process.wait(), said.text()


def _listed(words: list[str], folder: str) -> dict[str, list[str]]:
    """Program → the tests that nextest passed over, ignored ones above all."""
    done = subprocess.run(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    try:
        suites = json.loads(done.stdout)["rust-suites"]
        return {
            program: [name for name, case in suite["testcases"].items() if case["filter-match"]["status"] != "matches"]
            for program, suite in suites.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _record(report: Path, skipped: dict[str, list[str]], programs: dict[str, Any], settings: Settings) -> None:
    record = Record(Path(settings["out"]) / settings["report"])
    cases: dict[str, list[ElementTree.Element]] = {}
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):
        cases.setdefault(suite.get("name", ""), []).extend(suite.iter("testcase"))
    for program in dict.fromkeys((*cases, *skipped)):
        what = programs.get(program, {"id": program, "folder": "", "source": "", "harness": True})
        record.write({"type": "program", **what})
        for event in _events(cases.get(program, []), settings):
            if event["event"] == "ok":
                record.passes(event["name"])
            else:
                record.write(event)
        for name in skipped.get(program, []):
            record.write({"type": "test", "event": "ignored", "name": name})
        record.write({"type": "end", "status": 0, "stderr": ""})


def _events(cases: list[ElementTree.Element], settings: Settings) -> Iterator[dict[str, Any]]:
    for case in cases:
        event: dict[str, Any] = {"type": "test", "event": "ok", "name": case.get("name", "")}
        failure = next((one for one in case if one.tag in ("failure", "error")), None)
        if failure is not None:
            printed, note = _printed(case.findtext("system-out") or "", event["name"])
            said = f"{printed}\n{case.findtext('system-err') or ''}".strip("\n")
            event |= {**_end(failure, settings), "stdout": capped(said), "message": note}
        yield event


def _end(failure: ElementTree.Element, settings: Settings) -> dict[str, Any]:
    kind = failure.get("type", "")
    code, by = _CODE.search(kind), _SIGNAL.search(f"{kind} {failure.get('message', '')}")
    if "timeout" in kind:
        return {"event": "hung", "silence": settings["silence"]}
    if by:
        return {"event": "crashed", "status": -int(by[1])}
    return {"event": "failed"} if code is None or code[1] == "101" else {"event": "crashed", "status": int(code[1])}


def _printed(text: str, name: str) -> tuple[str, str | None]:
    """What the test itself printed, without libtest's frame, and libtest's own word on it (``should_panic``)."""
    text = text.removeprefix("\nrunning 1 test\n")
    printed, frame, after = text.rpartition(f"test {name}")
    if not frame:
        return text, None
    note = _NOTE.search(after) if after.startswith(" - should panic ... FAILED") else None
    return printed, after[note.start() :].partition("\n\nfailures:")[0].strip() if note else None
