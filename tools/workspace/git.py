"""The git repository that a project lies in: whether it takes a commit, and the commit of exactly the files given.

Git runs as the user has it: configuration, identity and hooks are theirs. Only variables that point it at another
repository are left out, as they would be inside a hook that calls us.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import AionError, UsageError

QUERY_SECONDS = 60.0
COMMIT_SECONDS = 600.0
"""Hooks may run checks of their own."""
_GRACE_SECONDS = 5.0
_KEPT = (
    "GIT_AUTHOR_",
    "GIT_COMMITTER_",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_EXEC_PATH",
)
_UNDER_WAY = {"MERGE_HEAD": "a merge", "CHERRY_PICK_HEAD": "a cherry-pick", "REVERT_HEAD": "a revert"}
_WORDS_SHOWN = 600


@dataclass(frozen=True)
class Answer:
    """What one git command said. ``words`` are its complaints on one line, capped."""

    status: int
    output: bytes
    words: str

    @property
    def text(self) -> str:
        """The output as text, without the last line's end."""
        return self.output.decode("utf-8", "replace").rstrip("\n")


@dataclass(frozen=True)
class Repository:
    """The repository around ``folder``, the project's root. Paths are relative to ``folder`` and use ``/``."""

    folder: Path

    def check(self, branch: str = "") -> None:
        """Raise ``UsageError``, saying what to do, unless a commit (on a new ``branch``, if named) can be made."""
        if shutil.which("git") is None:
            raise UsageError("--commit needs git, and there is none on PATH: install it, or leave --commit out.")
        inside = self._ask("rev-parse", "--is-inside-work-tree")
        if inside.text != "true":
            why = f" ({inside.words})" if inside.words else ""
            raise UsageError(f"--commit: {self.folder} is in no git work tree{why}: `git init`, or leave --commit out.")
        for ident in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
            if self._ask("-c", "user.useConfigOnly=true", "var", ident).status:
                raise UsageError(
                    "--commit: git does not know who you are. Run: git config --global user.name NAME; "
                    "git config --global user.email ADDRESS"
                )
        for name, doing in _UNDER_WAY.items():
            if not self._ask("rev-parse", "--quiet", "--verify", name).status:
                raise UsageError(f"--commit: {doing} is under way in {self.folder}: finish it first.")
        if branch:
            self._check_branch(branch)

    def _check_branch(self, name: str) -> None:
        valid = self._ask("check-ref-format", "--branch", name)
        if valid.status or valid.text != name:  # `@{-1}` and the like stand for another name
            raise UsageError(f"--branch {name}: git does not take this as the name of a branch.")
        parents = [parent.as_posix() for parent in Path(name).parents][:-1]
        taken = self._must("for-each-ref", "--format=%(refname:short)", f"refs/heads/{name}").text.splitlines()
        taken += [parent for parent in parents if not self._ask("show-ref", "--verify", f"refs/heads/{parent}").status]
        if taken:
            raise UsageError(f"--branch {name}: the branch {taken[0]} exists already: choose another name.")

    def branch(self) -> str:
        """The branch that is checked out; empty for a detached head."""
        return self._ask("symbolic-ref", "--quiet", "--short", "HEAD").text

    def dirty(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Those of ``paths`` that differ from the last commit: edited, staged, untracked, or ignored."""
        status = ("--no-optional-locks", "status", "--porcelain=v1", "-z", "--no-renames")
        shown = self._must(*status, "--untracked-files=all", "--ignored=matching", "--", *_literal(paths))
        return tuple(entry[3:] for entry in _entries(shown.output))

    def commit(self, paths: Sequence[str], message: str, branch: str = "") -> str:
        """Commit ``paths`` as they are on the disk, and nothing else, on a new ``branch`` if named; returns the id.

        What else is staged or edited stays so. Raises ``AionError`` in git's or the hook's words; files, index and the
        commits there were are then as before, but the new branch, if it was made, stays checked out.
        """
        if branch and branch != self.branch():
            self._must("switch", "--quiet", "--create", branch)
        tracked = set(_entries(self._must("ls-files", "-z", "--", *_literal(paths)).output))
        fresh = _literal([path for path in paths if path not in tracked])
        if fresh:
            self._must("add", "--intent-to-add", "--", *fresh)
        options = ("--only", "--quiet", "--cleanup=whitespace", "--file=-")
        try:
            self._must("commit", *options, "--", *_literal(paths), given=message, seconds=COMMIT_SECONDS)
        except AionError:
            if fresh:
                self._ask("reset", "--quiet", "--", *fresh)
            raise
        return self.head()

    def head(self) -> str:
        """The id of the last commit."""
        return self._must("rev-parse", "HEAD").text

    def _must(self, *arguments: str, given: str = "", seconds: float = QUERY_SECONDS) -> Answer:
        answer = self._ask(*arguments, given=given, seconds=seconds)
        if answer.status:
            raise AionError(f"git {arguments[0]}: {answer.words or f'exit status {answer.status}'}")
        return answer

    def _ask(self, *arguments: str, given: str = "", seconds: float = QUERY_SECONDS) -> Answer:
        """Files, not pipes: a hook that leaves a process behind would hold a pipe open."""
        with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
            stdin.write(given.encode("utf-8", "backslashreplace"))
            stdin.seek(0)
            process = subprocess.Popen(
                ("git", *arguments),
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                cwd=self.folder,
                env=_environment(),
                start_new_session=True,
            )
            try:
                status = process.wait(seconds)
            except subprocess.TimeoutExpired:
                _end(process)
                raise AionError(f"git {arguments[0]} took longer than {seconds:.0f} s and was ended") from None
            stdout.seek(0)
            stderr.seek(0)
            return Answer(status, stdout.read(), _on_one_line(stderr.read()))


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name.startswith(_KEPT)}
    return kept | {"GIT_TERMINAL_PROMPT": "0"}


def _literal(paths: Sequence[str]) -> list[str]:
    return [f":(literal){path}" for path in paths]


def _entries(output: bytes) -> Iterator[str]:
    return (os.fsdecode(entry) for entry in output.split(b"\0") if entry)


def _on_one_line(said: bytes) -> str:
    words = " ".join(said.decode("utf-8", "replace").split())
    return words if len(words) <= _WORDS_SHOWN else "… " + words[-_WORDS_SHOWN:]


def _end(process: subprocess.Popen[bytes]) -> None:
    """Asked first: git then removes its locks, which would stop the user's own commands."""
    _signal(process, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE_SECONDS)
    _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """To all that ``process`` started, where the system has groups."""
    with contextlib.suppress(ProcessLookupError):
        if os.name == "posix":
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
