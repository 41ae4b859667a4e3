"""Configuration, from the contract's sources in their order: call, environment, ``.env.<AION_R_ENV>``, ``.env``, TOML.

A setting remembers which source it came from, because a provider's base address may only come from a source at least
as trusted as its key: a file inside the project under repair can never redirect a key that came from elsewhere.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import platformdirs
from dotenv.parser import parse_stream
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from .errors import UsageError

SandboxChoice = Literal["auto", "overlay", "landlock", "copy", "none"]

PROVIDER_NAMES = ("groq", "openai", "github", "huggingface", "cloudflare", "offline")
"""Every leg of the chain, in the order of preference."""

LARGEST_FILE = 4 << 20
"""Bytes of a ``.env`` or TOML file that is read."""

SERVICE_RATES = {"github": 15}
"""Requests a minute that services are known to allow."""

_RENAMED = {
    "max_iterations": "MAX_AUTOCORRECTION_ITERATIONS",
    "min_improvement": "MIN_IMPROVEMENT_THRESHOLD_PERCENT",
}


class Settings(BaseModel):
    """The settings of one run. Names are those of the command line, with underscores."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    framework: str | None = None
    language: str | None = None
    test_command: str | None = None
    max_iterations: int = Field(5, ge=1)
    min_improvement: float = Field(5.0, ge=0, le=100)
    patience: int = Field(2, ge=1)
    """Iterations in a row below ``min_improvement`` that mean converged."""
    providers: tuple[str, ...] | None = None
    model: str | None = None
    samples: int = Field(1, ge=1)
    system_prompt: str | None = None
    """File whose text replaces the preset."""
    budget_usd: float | None = Field(None, gt=0)
    budget_tokens: int | None = Field(None, gt=0)
    time_limit: float | None = Field(None, gt=0)
    """Seconds for the whole run."""
    test_timeout: float = Field(300.0, gt=0)
    """Seconds for one run of the tests."""
    provider_timeout: float = Field(60.0, gt=0)
    """Seconds for one model call in all."""
    first_token_timeout: float | None = Field(None, gt=0)
    """Seconds until a stream must have begun; half of ``provider_timeout`` when not set."""
    hedge_after: float | None = Field(None, gt=0)
    """Seconds without an answer after which the next provider is asked as well; never when not set."""
    requests_per_minute: dict[str, int] = Field(default_factory=lambda: dict(SERVICE_RATES))
    """Most requests that a provider is sent in any minute, by its name."""
    tokens_per_minute: dict[str, int] = Field(default_factory=dict)
    """The same for tokens, of prompts and answers together."""
    context_tokens: dict[str, int] = Field(default_factory=dict)
    """Longest prompt and answer that a provider's model takes, where it is not known from a table."""
    search_seconds: float = Field(60.0, gt=0)
    """Most seconds for one offline search."""
    coverage: bool = False
    """Whether the runs of all tests measure which lines they ran, for the report."""
    protect: tuple[str, ...] = ()
    lock: tuple[str, ...] = ()
    sandbox: SandboxChoice = "auto"
    require_sandbox: bool = False
    allow_network: bool = False
    readable: tuple[Path, ...] = ()
    """Further places that the tests may read where the sandbox hides the user's folders."""
    memory_mb: int | None = Field(None, ge=64)
    """Most memory of the tests and all that they start; half of the machine's when not set."""
    processes: int = Field(1024, ge=16)
    """Most processes of the tests at one time."""
    cpu_seconds: int = Field(3600, ge=1)
    """Most processor time of each process of the tests."""
    disk_mb: int = Field(4096, ge=16)
    """Most that the tests may write to disk, and the size of the largest file."""
    allow_test_edits: bool = False
    cache: bool = True
    """Whether an answer that is known may be used again instead of asking."""
    home: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("aion-r")))

    @field_validator("providers", "protect", "lock", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("readable", mode="before")
    @classmethod
    def _split_paths(cls, value: Any) -> Any:
        return tuple(part for part in value.split(os.pathsep) if part.strip()) if isinstance(value, str) else value

    @field_validator("readable")
    @classmethod
    def _there(cls, value: tuple[Path, ...]) -> tuple[Path, ...]:
        places = tuple(path.expanduser() for path in value)
        wrong = [str(path) for path in places if not path.is_absolute() or not path.exists()]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: give absolute paths of files and folders that are there")
        return places

    @field_validator("requests_per_minute", "tokens_per_minute", "context_tokens", mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        pairs = [part.partition(":") for part in value.split(",") if part.strip()]
        return {name.strip(): number.strip() for name, _, number in pairs}

    @field_validator("requests_per_minute")
    @classmethod
    def _beside_defaults(cls, value: dict[str, int]) -> dict[str, int]:
        return SERVICE_RATES | value  # a rate for one provider does not lift another's

    @field_validator("requests_per_minute", "tokens_per_minute", "context_tokens")
    @classmethod
    def _positive(cls, value: dict[str, int]) -> dict[str, int]:
        wrong = [name for name, number in value.items() if name not in PROVIDER_NAMES or number < 1]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: give NAME:NUMBER, a number above 0 for a provider")
        return value

    @field_validator("providers")
    @classmethod
    def _known(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        unknown = [name for name in value or () if name not in PROVIDER_NAMES]
        if unknown:
            raise ValueError(f"unknown provider {', '.join(unknown)}: choose from {', '.join(PROVIDER_NAMES)}")
        if value == ():
            raise ValueError(f"name at least one provider of {', '.join(PROVIDER_NAMES)}")
        return value


@dataclass(frozen=True)
class Source:
    """One place that settings come from. ``name`` is shown to users; ``values`` are environment-style."""

    name: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class Environment:
    """The environment-style sources, most trusted first: the process, ``.env.<AION_R_ENV>``, ``.env``."""

    sources: tuple[Source, ...]

    def get(self, *names: str) -> str | None:
        """The first non-blank value of any of ``names``, stripped; the most trusted source wins."""
        return next((value for _, value in self._found(*names)), None)

    def secret(self, *names: str) -> SecretStr | None:
        """As ``get``, wrapped so that no log or repr shows it."""
        value = self.get(*names)
        return SecretStr(value) if value else None

    def address_for(self, key_names: tuple[str, ...], name: str) -> str | None:
        """A base address that the key's own source, or a more trusted one, set. Others are ignored.

        ``key_names`` are the variables that may hold the key; with no key at all any source may set the address.
        """
        limit = next((index for index, _ in self._found(*key_names)), len(self.sources))
        return next((value for index, value in self._found(name) if index <= limit), None)

    def _found(self, *names: str) -> Iterator[tuple[int, str]]:
        for index, source in enumerate(self.sources):
            for name in names:
                value = source.values.get(name, "").strip()
                if value:
                    yield index, value


def read_environment(*folders: Path, environ: Mapping[str, str] | None = None) -> Environment:
    """The process environment, then the ``.env`` files of ``folders`` (each folder once).

    Raises ``UsageError`` for a line that is not ``KEY=value``, naming file and line but never its content.
    """
    process = dict(os.environ if environ is None else environ)
    stage = process.get("AION_R_ENV", "").strip()
    names = ([f".env.{stage}"] if stage else []) + [".env"]
    unique = dict.fromkeys(folder.resolve() for folder in folders)
    # A folder's files stand together: else `.env.production` of a project under repair would come before the user's own
    # `.env`, and could send the key in it elsewhere.
    files = [folder / name for folder in unique for name in names]
    return Environment((Source("environment", process), *(_read_dotenv(file) for file in files if file.is_file())))


def _read_dotenv(path: Path) -> Source:
    values: dict[str, str] = {}
    _check_size(path)
    try:
        with path.open(encoding="utf-8") as stream:
            for binding in parse_stream(stream):
                if binding.error or (binding.key is not None and binding.value is None):
                    line = binding.original.line
                    raise UsageError(f"{path}:{line}: not a KEY=value line. Correct it or comment it out.")
                if binding.key is not None:
                    values[binding.key] = binding.value or ""
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text: save it as UTF-8.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    return Source(str(path), values)


def _check_size(path: Path) -> None:
    """A project under repair must not fill the memory of a server. Raises ``UsageError``."""
    if path.stat().st_size > LARGEST_FILE:
        raise UsageError(f"{path} has more than {LARGEST_FILE >> 20} MiB: that is no file of settings.")


def load_settings(project: Path | None = None, environment: Environment | None = None, **given: Any) -> Settings:
    """Settings for ``project``; ``given`` are call arguments (``None`` means not given).

    Raises ``UsageError`` that names the setting, its source and what it accepts.
    """
    environment = environment or read_environment(*([project] if project else []))
    layers: list[tuple[str, dict[str, Any]]] = [("argument", {k: v for k, v in given.items() if v is not None})]
    layers += [(source.name, _from_variables(source.values)) for source in environment.sources]
    layers += list(_toml_layers(project)) if project else []
    merged: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for name, values in layers:
        _check_trusted(name, values)
        for key, value in values.items():
            if key not in merged:
                merged[key], origin[key] = value, name
    try:
        return Settings(**merged)
    except ValidationError as error:
        raise UsageError(_explain(error, origin)) from None


_OFF = frozenset(["", "0", "false", "no", "off", "f", "n"])
_LOWERS: Mapping[str, Callable[[Any], bool]] = {
    "readable": bool,
    "sandbox": lambda value: value in ("copy", "none"),
    "allow_network": lambda value: str(value).strip().lower() not in _OFF,
    "allow_test_edits": lambda value: str(value).strip().lower() not in _OFF,
}
"""Settings that open what is closed, and which of their values do."""


def _check_trusted(source: str, values: Mapping[str, Any]) -> None:
    """A file may be a hostile project's own: it must not lower the walls that stand around its tests."""
    if source in ("argument", "environment"):
        return
    folder = Path(source).resolve().parent
    outside: Callable[[Any], bool] = lambda value: not Path(str(value)).resolve().is_relative_to(folder)  # noqa: E731
    lowers = {**_LOWERS, "system_prompt": outside}
    for name in lowers.keys() & values.keys():
        if lowers[name](values[name]):
            raise UsageError(
                f"{name.replace('_', '-')} (from {source}): a file may not open what is closed to tests and fixes. If "
                f"you want it, set AION_R_{name.upper()} in the environment, or give --{name.replace('_', '-')}."
            )


def _from_variables(values: Mapping[str, str]) -> dict[str, Any]:
    found = {}
    for field in Settings.model_fields:
        value = values.get(_RENAMED.get(field, f"AION_R_{field.upper()}"), "").strip()
        if value:
            found[field] = value
    return found


def _toml_layers(project: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, table in (("pyproject.toml", ("tool", "aion-r")), ("aion-r.toml", ())):
        path = project / name
        if not path.is_file():
            continue
        _check_size(path)
        try:
            data: Any = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            if table:  # a broken pyproject.toml is the project's own affair, perhaps the very bug
                continue
            raise UsageError(f"{path}: {error}") from error
        for key in table:
            data = data.get(key, {}) if isinstance(data, dict) else {}
        if data:
            yield str(path), {key.replace("-", "_"): value for key, value in data.items()}


def _explain(error: ValidationError, origin: Mapping[str, str]) -> str:
    lines = []
    for item in error.errors():
        field = str(item["loc"][0])
        reason = item["msg"].removeprefix("Value error, ")
        lines.append(f"{field.replace('_', '-')} (from {origin.get(field, 'default')}): {reason}")
    return "; ".join(lines)
