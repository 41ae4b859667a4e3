"""Names that no fix may touch in any project, and globs as users write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

_VERSION_CONTROL = {".git", ".hg", ".svn", ".bzr", ".jj", "_darcs", "cvs", ".gitmodules", ".gitattributes"}
_CI = {
    ".github", ".gitlab", ".gitlab-ci.yml", ".gitlab-ci.yaml", ".circleci", ".buildkite", ".teamcity", ".ci",
    ".forgejo",
    ".gitea", ".azure-pipelines", "azure-pipelines.yml", "azure-pipelines.yaml", "jenkinsfile", ".travis.yml",
    "appveyor.yml", ".appveyor.yml", "bitbucket-pipelines.yml", ".drone.yml", ".cirrus.yml", ".woodpecker",
    ".woodpecker.yml", "buildspec.yml", "cloudbuild.yaml", "cloudbuild.yml", "codemagic.yaml", "codecov.yml",
    ".codecov.yml", ".pre-commit-config.yaml", ".husky", "wercker.yml", "circle.yml",
}  # fmt: skip
_LOCK_FILES = {
    "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb", "deno.lock",
    "poetry.lock", "uv.lock", "pdm.lock", "pipfile.lock", "pylock.toml", "cargo.lock", "go.sum", "go.work.sum",
    "gemfile.lock", "composer.lock", "flake.lock", "conda-lock.yml",
}  # fmt: skip
_VENDORED = {
    "node_modules", "bower_components", "vendor", "third_party", "third-party", "site-packages", "dist-packages",
    ".venv", "venv", ".virtualenv", ".tox", ".nox", ".eggs", "__pycache__", ".yarn", ".pnpm-store", ".cargo", ".direnv",
}  # fmt: skip
_PRIVATE = {".npmrc", ".pypirc", ".netrc", ".ssh", ".aws", ".gnupg", ".docker", ".kube"}
_EDITOR = {".vscode", ".idea", ".devcontainer", ".claude", ".cursor"}
_OWN = {"aion-r.toml"}
_START_UP = re.compile(r"^(sitecustomize|usercustomize)\.py$|\.pth$")
_ENVIRONMENT = re.compile(r"^\.env(\..*|rc)?$")
_GIT_SHORT = re.compile(r"^(git~\d+|gi[0-9a-f]{4}~\d+|\.git(:.*|\s*))$")


def protected_reason(path: str) -> str | None:
    """Why no fix may touch the project-relative ``path``, or ``None``. Case and trailing dots do not matter."""
    parts = [_plain(part) for part in path.split("/")]
    for part in parts:
        for names, reason in _REASONS:
            if part in names:
                return reason
        if _GIT_SHORT.match(part):
            return "it is version control data"
        if _ENVIRONMENT.match(part):
            return "it may hold secrets"
    if _START_UP.search(parts[-1]):
        return "it would run at every start of the interpreter, tests included"
    return None


_REASONS: tuple[tuple[set[str], str], ...] = (
    (_VERSION_CONTROL, "it is version control data"),
    (_CI, "it configures continuous integration"),
    (_LOCK_FILES, "it is a lock file that a package manager writes"),
    (_VENDORED, "it is vendored or generated code"),
    (_PRIVATE, "it may hold secrets"),
    (_EDITOR, "it configures a tool that runs commands for the user"),
    (_OWN, "it configures AION-R"),
)


def _plain(part: str) -> str:
    text = "".join(c for c in unicodedata.normalize("NFKC", part) if unicodedata.category(c) != "Cf")
    return text.casefold().rstrip(". ")


def compile_globs(globs: Iterable[str]) -> Callable[[str], str | None]:
    """A function from a path to the first of ``globs`` that it falls under, or ``None``.

    ``*`` stays within a folder, ``**`` crosses folders; a glob without ``/`` matches at any depth; a glob that names a
    folder covers everything below it. Case does not matter.
    """
    patterns = [(glob, re.compile(_translate(glob), re.IGNORECASE | re.DOTALL)) for glob in globs if glob.strip("/ .")]

    def match(path: str) -> str | None:
        name = unicodedata.normalize("NFC", path)
        return next((glob for glob, pattern in patterns if pattern.fullmatch(name)), None)

    return match


def _translate(glob: str) -> str:
    text = unicodedata.normalize("NFC", glob.strip()).removeprefix("./").rstrip("/")
    anchored = "/" in text
    body = "".join(_token(token) for token in re.findall(r"\*\*/|\*\*|\*|\?|\[!?[^]]+\]|.", text.lstrip("/")))
    return ("" if anchored else r"(?:.*/)?") + body + r"(?:/.*)?"


def _token(token: str) -> str:
    if token == "**/":
        return r"(?:.*/)?"
    if token == "**":
        return r".*"
    if token == "*":
        return r"[^/]*"
    if token == "?":
        return r"[^/]"
    if len(token) > 1:
        return "[" + token[1:-1].replace("!", "^", 1 if token[1] == "!" else 0).replace("\\", "\\\\") + "]"
    return re.escape(token)
