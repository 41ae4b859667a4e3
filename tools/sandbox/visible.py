"""What of the user's own folders a view shows: the toolchains and caches that tests need, and nothing else of them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ...core.errors import UsageError
from .environment import is_folder
from .neighbours import neighbours

_TEMPORARY = ("/tmp", "/var/tmp", "/dev/shm")
_AGENTS = ("/run", "/var/run")
_KEPT_IN_RUN = ("/run/current-system", "/run/opengl-driver", "/run/systemd/resolve", "/run/resolvconf")
_HOMES = ("/home", "/root")
_SYSTEM = re.compile(
    r"/(usr|bin|sbin|lib\w*|etc|dev|proc|sys|var|opt|nix|snap|boot|mnt|media|srv)?(/s?bin|/lib|/local)?"
)
_CACHE_VARIABLES = ("CARGO_HOME", "RUSTUP_HOME", "GOPATH", "GOCACHE", "GOMODCACHE", "npm_config_cache", "PYENV_ROOT")
_BROAD = (".local", ".local/share", ".local/state", ".config", ".cache")

_TOOLCHAINS = """
.asdf .bun .cabal/packages .cargo .conda .config/go .deno .dotnet .fnm .gem .ghcup .gradle/caches .gradle/wrapper
.jenv .keras .linuxbrew .local/bin .local/lib .local/opt .local/pipx .m2/repository .n .nix-profile .nodenv .npm
.nuget/packages .nvm .opam .pyenv .rbenv .rustup .rvm .rye .sdkman .virtualenvs .volta .yarn anaconda3 go mambaforge
micromamba miniconda3 miniforge3 nltk_data scikit_learn_data
""".split()  # noqa: SIM905 - a list of eighty quoted words is harder to read
_SHARED = """
cargo corepack fnm gem go hatch mise nltk_data node nvm pdm pipx pnpm pypoetry rtx rustup uv virtualenv virtualenvs
""".split()  # noqa: SIM905
_CACHES = """
Cypress bun ccache deno electron fontconfig go-build hatch huggingface/datasets huggingface/hub matplotlib ms-playwright
node node-gyp npm pdm pip pnpm puppeteer pypoetry sccache swc-native-0 torch typescript uv virtualenv yarn zig
""".split()  # noqa: SIM905

_SECRET_FOLDERS = """
.ssh .aws .azure .gnupg .docker .kube .mozilla .thunderbird .password-store .config .local/share/keyrings .oci
.terraform.d .netlify .vault-token .netrc .npmrc .pypirc .git-credentials .pgpass .my.cnf .bash_history
.zsh_history .Xauthority
""".split()  # noqa: SIM905
_CREDENTIALS = ("credentials", "credentials.toml")
_TOKEN = re.compile(rb"(?im)^\s*[\w-]*(token|password|_auth\w*)\s*=|//[^/\s@]+:[^/\s@]+@")
ROOT_ONLY = (
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/ssh",
    "/etc/ssl/private",
    "/etc/kubernetes",
)
_READ_BYTES = 1 << 20


@dataclass(frozen=True)
class Visible:
    """What a view hides and shows. All paths are absolute and resolved, but for the names of ``links``.

    ``private``: (folder, mode) that a view replaces by an empty one of its own. ``writable``: folders shown again
    inside those or elsewhere, writable, thrown away. ``readable``: shown again, read-only. ``covered``: files and
    folders shown empty. ``forgotten``: what is left out inside ``writable``. ``links``: symbolic links to make again.
    """

    private: tuple[tuple[Path, int], ...]
    writable: tuple[Path, ...]
    readable: tuple[Path, ...]
    covered: tuple[Path, ...]
    forgotten: tuple[Path, ...]
    links: tuple[tuple[Path, str], ...]
    broad: frozenset[Path]
    """Folders that are never shown as a whole, whoever asks."""

    def may_show(self, folder: Path) -> bool:
        """Whether a command may ask to read ``folder``: neither one that holds hidden ones nor a place of secrets."""
        return not any(place == folder or place.is_relative_to(folder) for place in self.broad) and not any(
            folder.is_relative_to(home / name) for home in homes() for name in _SECRET_FOLDERS
        )


def homes() -> list[Path]:
    """The user's home by the environment and by the system's own word, resolved."""
    named = [os.environ.get("HOME", ""), _passwd_home()]
    return list(dict.fromkeys(Path(name).resolve() for name in named if _is_home(name)))


def _passwd_home() -> str:
    if sys.platform == "win32":
        return ""
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError:
        return ""


def _is_home(name: str) -> bool:
    return name.startswith("/") and not _SYSTEM.fullmatch(str(Path(name).resolve())) and is_folder(Path(name))


def check_readable(places: Iterable[Path], project: Path, also_hidden: Iterable[Path] = ()) -> None:
    """Raise ``UsageError`` for a place that the user wants shown and that holds all that is hidden."""
    broad = [*_hidden(project, ()), *homes(), *(home / name for home in homes() for name in _BROAD)]
    for place in places:
        real = place.resolve()
        if any(hidden.is_relative_to(real) for hidden in broad) or any(
            real.is_relative_to(hidden.resolve()) or hidden.resolve().is_relative_to(real) for hidden in also_hidden
        ):
            raise UsageError(f"--readable {place} would show more than tests may see: name what they need in it.")


def visible(project: Path, also_hidden: Iterable[Path] = (), also_shown: Iterable[Path] = ()) -> Visible:
    """What a view of ``project`` shows of this machine; ``also_hidden`` are further folders that tests must not see,
    ``also_shown`` further places that the user wants them to."""
    hidden = _hidden(project, also_hidden)
    wanted, shown_too = list(_wanted(project)), list(also_shown)
    named = [*_home_names(), *wanted, *shown_too]
    writable = tuple(_outermost(place.resolve() for place in wanted if place.resolve() not in hidden))
    asked = [*neighbours(project), *(Path(name) for name in _KEPT_IN_RUN if is_folder(Path(name)))]
    shown = Visible(
        private=tuple((folder, 0o1777 if str(folder) in _TEMPORARY else 0o755) for folder in hidden),
        writable=writable,
        readable=(),
        covered=_covered(project, hidden),
        forgotten=(*_forgotten(writable), *_secrets_inside(project)),
        links=tuple((place, str(place.resolve())) for place in named if place != place.resolve()),
        broad=frozenset([*hidden, *homes(), *(home / name for home in homes() for name in _BROAD)]),
    )
    lost = [place for place in asked if any(place.is_relative_to(folder) for folder in hidden)]
    return replace(shown, readable=(*filter(shown.may_show, lost), *(place.resolve() for place in shown_too)))


def _home_names() -> list[Path]:
    name = os.environ.get("HOME", "")
    return [Path(name)] if _is_home(name) else []


def _hidden(project: Path, also: Iterable[Path]) -> list[Path]:
    named = [*map(Path, (*_TEMPORARY, *_AGENTS, *_HOMES)), *homes(), *(place.resolve() for place in also)]
    folders = [f for f in named if is_folder(f) and not f.is_symlink() and not f.is_relative_to(project)]
    return _outermost(folders)


def _secrets_inside(project: Path) -> Iterator[Path]:
    # A project that is the home folder itself, or above it, cannot be hidden; its folders of keys can.
    for home in homes():
        if home.is_relative_to(project):
            yield from (home / name for name in _SECRET_FOLDERS if (home / name).exists())


def _wanted(project: Path) -> Iterator[Path]:
    values = [entry for name in _CACHE_VARIABLES for entry in os.environ.get(name, "").split(os.pathsep)]
    named = [Path(value) for value in values if value.startswith("/")]
    for home in homes():
        cache = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
        named += [home / name for name in _TOOLCHAINS] + [home / ".local/share" / name for name in _SHARED]
        named += [cache / name for name in _CACHES]
    roots = homes() or [Path("/")]
    for place in dict.fromkeys(named):
        real = place.resolve()
        if is_folder(place) and not any(p.is_relative_to(real) for p in roots) and not real.is_relative_to(project):
            yield place


def _outermost(folders: Iterable[Path]) -> list[Path]:
    chosen: list[Path] = []
    for folder in sorted(set(folders)):
        if not any(folder.is_relative_to(known) for known in chosen):
            chosen.append(folder)
    return chosen


def _forgotten(shown: Iterable[Path]) -> Iterator[Path]:
    for folder in shown:
        yield from (folder / name for name in _CREDENTIALS if (folder / name).is_file())
        for name in ("config", "config.toml", "env"):
            if _holds_token(folder / name):
                yield folder / name


def _holds_token(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            return bool(_TOKEN.search(stream.read(_READ_BYTES)))
    except OSError:
        return False


def _covered(project: Path, hidden: list[Path]) -> tuple[Path, ...]:
    """Sockets on which the host's own programs listen, and for root what only root may read."""
    places = [Path(name) for name in ROOT_ONLY] if os.geteuid() == 0 else []
    outside = (project, Path("/proc"), Path("/dev"), *hidden)
    places += [s for s in _sockets() if not any(s.is_relative_to(place) for place in outside)]
    return tuple(place for place in places if place.exists() and not place.is_symlink())


def _sockets() -> Iterator[Path]:
    try:
        lines = Path("/proc/net/unix").read_text(errors="surrogateescape").splitlines()
    except OSError:
        return
    for line in lines:
        name = line.split(maxsplit=7)[7:]
        if name and name[0].startswith("/"):
            yield Path(name[0])
