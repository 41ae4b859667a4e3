"""A model's answer as the files of a project: named safely, tests among them that reach the code. Else why not."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from ...core.errors import NoEdit
from ...providers.prompts.generate import example_names
from ...tools.edits.apply import apply_blocks
from ...tools.edits.blocks import Block, Unusable
from ...tools.edits.document import read_text
from ...tools.edits.elision import find_elision
from ...tools.edits.guard import Guard
from ...tools.edits.protected import protected_reason
from ...tools.edits.reply import FORMAT, parse_reply
from ...tools.edits.syntax import check_syntax
from ...tools.frameworks.protocol import KeepsTestsInSources
from .fenced_paths import with_paths_outside
from .linking import check_links
from .naming import name_blocks
from .sources import holds_tests, is_source, python_imports
from .target import Target

_FORM = (
    "Write each file's path alone on a line, and below it the whole file in a fenced block: "
    "code such as {code}, then its tests such as {tests}"
)
_NOWHERE = Path(os.devnull, "project")
"""A folder that cannot be there: names are judged by themselves, the folder that is written to judges them again."""
_THOUGHT = re.compile(r"\A\s*<(think|thinking|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_COMMAND = re.compile(r"^(?:\$|cd|go|cargo|mkdir|node|npm|npx|pip3?|pnpm|pytest|python3?|touch|yarn)\s")
_MANIFEST = re.compile(
    r"(?:^|/)(?:package\.json|[jt]sconfig[\w.-]*\.json|pyproject\.toml|pytest\.ini|setup\.cfg|tox\.ini|go\.(?:mod|work)"
    r"|cargo\.toml|rust-toolchain(?:\.toml)?|\.mocharc[\w.]*|\.babelrc[\w.]*|\.swcrc|[\w-]+\.config\.\w+)$",
    re.IGNORECASE,
)

_PARTS = frozenset("__tests__ app cmd internal lib pkg spec src test tests".split())  # noqa: SIM905
_MANIFESTS = ("Cargo.toml", "go.mod", "package.json", "pyproject.toml", "pytest.ini")


@dataclass(frozen=True)
class Answer:
    """Paths to whole texts, in the order of the answer; ``notes`` tell what of it was not taken as it is."""

    files: Mapping[str, str]
    notes: tuple[str, ...] = ()


def read_answer(text: str, target: Target, *, cut: bool = False) -> Answer:
    """The files in ``text``, the last one left out where it was ``cut`` off before its end.

    Raises ``EditError``, in words for the model, where they make no project with tests.
    """
    text = with_paths_outside(_THOUGHT.sub("", text, count=1))
    try:
        blocks: tuple[Block, ...] = parse_reply(text)
        why = ""
    except NoEdit as error:
        blocks, why = (), str(error).removesuffix(FORMAT).strip()
    blocks = tuple(replace(b, path=b.path.removeprefix("./")) for b in blocks if not _COMMAND.match(b.path))
    blocks = tuple(b for b in blocks if not (cut and isinstance(b, Unusable)))
    named = name_blocks(text, blocks, target)
    dropped = {b.path: reason for b in blocks if (reason := protected_reason(b.path)) and ".." not in b.path}
    wanted = [b for b in (*blocks, *named) if b.path not in dropped]
    if not wanted:
        code, tests = example_names(target.language, target.framework.name)
        raise NoEdit(f"{why or 'There is no file in the answer.'} {_FORM.format(code=code, tests=tests)}")
    guard = Guard(_NOWHERE, lambda path: False, allow_test_edits=True)
    made = {edit.path: read_text(edit.after or b"") for edit in apply_blocks(wanted, lambda _: None, guard.check)}
    order = dict.fromkeys(path for b in wanted if (path := guard.check(b.path)) in made)
    files = _unwrapped({path: made[path] for path in order}, target)
    _check_names(files)
    _check_parts(files, target)
    check_links(files, target)
    notes = [f"left out {path}: {reason}" for path, reason in dropped.items()]
    notes += [f"the answer named no file: this one is called {b.path}" for b in named]
    return Answer(files, tuple(notes))


def is_tests(path: str, target: Target) -> bool:
    """Whether ``path`` holds tests or their data, by the framework's own rule; manifests do not."""
    return target.framework.is_test_file(path) and not _MANIFEST.search(path)


def defects(files: Mapping[str, str]) -> tuple[str, ...]:
    """What is wrong inside the files, for certain or not: what does not parse, what was left out."""
    found = []
    for path, text in files.items():
        wrong = check_syntax(path, text.encode("utf-8", "surrogatepass"))
        left_out = find_elision(text.splitlines(), ())
        if wrong:
            found.append(f"{path} does not parse: {wrong}")
        elif left_out:
            found.append(f"{path} leaves code out ({left_out!r})")
    return tuple(found)


def _unwrapped(files: Mapping[str, str], target: Target) -> dict[str, str]:
    """``files`` without a folder around all of them that is only the project's own."""
    tops = {PurePosixPath(path).parts[0] for path in files}
    top = tops.pop()
    inner = {path.removeprefix(f"{top}/"): text for path, text in files.items()}
    if tops or top in files or top in _PARTS or not _is_project(inner, top, target):
        return dict(files)
    return inner


def _is_project(inner: Mapping[str, str], top: str, target: Target) -> bool:
    """Whether the folder ``top`` with the files ``inner`` is a project, not a package."""
    if any(path in inner for path in _MANIFESTS):
        return True
    imported = {name for text in inner.values() for name in python_imports(text)}
    if target.language == "python":
        return "__init__.py" not in inner and top not in imported
    return target.language != "go" and all(not path.endswith(".rs") or "/" in path for path in inner)


def _check_names(files: Mapping[str, str]) -> None:
    seen: dict[str, str] = {}
    for path in files:
        other = seen.setdefault(path.casefold(), path)
        if other != path:
            raise NoEdit(f"{other} and {path} are one file on some systems: name them apart")
    for path in files:
        for folder in PurePosixPath(path).parents:
            if str(folder).casefold() in seen:
                raise NoEdit(f"{folder} is a file and, for {path}, a folder: name them apart")


def _check_parts(files: Mapping[str, str], target: Target) -> None:
    """Code and tests must both be there, the tests where the framework looks for them."""
    language = target.language
    sources = [path for path in files if is_source(language, path)]
    tests = [path for path in sources if target.framework.is_test_file(path) and holds_tests(language, files[path])]
    code = [path for path in sources if not is_tests(path, target)]
    name, test_name = example_names(language, target.framework.name)
    if not code:
        raise NoEdit(f"there is no file of {language} code beside the tests: add one such as {name}")
    if tests or any(_tested_inside(path, files[path], target) for path in code):
        return
    mixed = next((path for path in code if holds_tests(language, files[path])), None)
    where = f"{mixed} holds tests, but {target.framework.name} does not look there" if mixed else "there are no tests"
    raise NoEdit(f"{where}: put tests in a file of their own, named like {test_name}")


def _tested_inside(path: str, text: str, target: Target) -> bool:
    framework = target.framework
    inside = isinstance(framework, KeepsTestsInSources) and framework.guarded_region(path, b"", text.encode())
    return bool(inside) and holds_tests(target.language, text)
