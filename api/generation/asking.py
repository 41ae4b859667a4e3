"""Code and tests asked of the chain; an answer that makes no project goes back once with the reason."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ...core.codec import dump
from ...core.documents import provider_rows
from ...core.domain import CallRecord, ErrorKind, GeneratedCode, Usage
from ...core.errors import AllProvidersFailed, EditError, ProviderError, UsageError
from ...core.events import Emit, silent
from ...core.settings import PROVIDER_NAMES, Environment, Settings, load_settings, read_environment
from ...providers import background
from ...providers.prompts.generate import system_text, user_text
from .manifests import manifests
from .reading import Answer, defects, is_tests, read_answer
from .sources import is_source
from .target import Target, choose

if TYPE_CHECKING:
    from ...providers.own import OwnLegs
    from ...providers.reply import Reply

MOST_CHARACTERS = 400_000
"""Of requirements; no model reads more at once."""
MOST_TOKENS = 8_000
"""Of an answer."""
PATIENCE = 120.0
"""Seconds for one call where nothing sets a limit: whole files take longer than a fix."""
_CUT = "Write fewer and shorter files"


@dataclass(frozen=True)
class Generated:
    """``code`` as it may be written or repaired, who wrote it, and what all calls took. ``notes`` say what was changed
    in the answer or assumed; ``made`` are the files that no model wrote."""

    code: GeneratedCode
    provider: str
    model: str
    usage: Usage
    calls: tuple[CallRecord, ...] = ()
    notes: tuple[str, ...] = ()
    made: frozenset[str] = field(default_factory=frozenset)

    @property
    def cost(self) -> float | None:
        """In US dollars, ``None`` where a price is unknown."""
        return self.usage.cost_usd

    @property
    def files(self) -> dict[str, str]:
        """Every file, tests too."""
        tests = self.code.tests
        return self.code.files | (tests if isinstance(tests, dict) else {})

    def to_dict(self) -> dict[str, Any]:
        """The document of ``generate --json`` and of REST, before anything is verified."""
        document: dict[str, Any] = dump(self.code)
        return document | {
            "provider": self.provider,
            "model": self.model,
            "usage": dump(self.usage) | {"llm_calls": len(self.calls)},
            "providers": provider_rows(self.calls),
            "notes": list(self.notes),
            "verified": None,
        }


async def generate(
    requirements: str,
    *,
    language: str | None = None,
    framework: str | None = None,
    environment: Environment | None = None,
    legs: OwnLegs = (),
    emit: Emit = silent,
    **settings: Any,
) -> Generated:
    """Code that fulfils ``requirements``, with its tests and what the framework needs to run them. Nothing is written.

    ``settings`` are those of ``core.settings.Settings`` that have a part in it: ``providers``, ``model``,
    ``budget_usd``, ``budget_tokens``, ``time_limit`` (seconds) … ``emit`` gets an event ``call`` for each call.
    Raises ``UsageError`` for requirements, names or settings that cannot be used and where no model is configured,
    ``AllProvidersFailed`` where nobody gave a usable answer.
    """
    folder = Path.cwd()
    environment = environment or read_environment(folder)
    wanted = load_settings(folder, environment, **settings)
    target = choose_target(language, framework, wanted)
    text = checked_requirements(requirements)
    desk = _Desk(target, wanted, environment, legs, emit)
    try:
        async with asyncio.timeout(wanted.time_limit):
            return await desk.ask(text)
    except TimeoutError:
        message = f"the time limit of {wanted.time_limit:g} s is reached, and there is no answer yet"
        late = ProviderError(ErrorKind.TIMEOUT, message)
        late.exit_code = 4
        raise late from None


def generate_code(requirements: str, **wanted: Any) -> Generated:
    """``generate`` for callers that are not async; works inside a running event loop as well."""
    return background.run(generate(requirements, **wanted))


def choose_target(language: str | None, framework: str | None, settings: Settings) -> Target:
    """What the call asks for, else what the settings of this folder say. Raises ``UsageError`` as ``choose`` does."""
    if language is None and framework is None:
        return choose(settings.language, settings.framework)
    return choose(language, framework)


def checked_requirements(text: str) -> str:
    """``text`` if a model can be asked for it. Raises ``UsageError`` else."""
    if not text.strip():
        raise UsageError("the requirements are empty: say what the code is to do")
    if len(text) > MOST_CHARACTERS:
        raise UsageError(f"the requirements have {len(text):,} characters, more than {MOST_CHARACTERS:,}: shorten them")
    return text


@dataclass(frozen=True)
class _Made:
    """A usable answer, the manifests made for it, and the call that brought it."""

    answer: Answer
    manifests: Mapping[str, str]
    record: CallRecord


class _Desk:
    """One generation: the question, its judge, its calls."""

    def __init__(self, target: Target, settings: Settings, environment: Environment, legs: OwnLegs, emit: Emit) -> None:
        self._target, self._settings, self._environment = target, settings, environment
        self._legs, self._emit = legs, emit
        self._calls: list[CallRecord] = []
        self._complained: set[str] = set()

    async def ask(self, requirements: str) -> Generated:
        from ...providers.clients import CallOptions
        from ...providers.llm import LLMRequest, create_llm

        check_configured(self._environment, self._settings, self._legs)
        settings, target = self._settings, self._target
        options = CallOptions.of(settings)
        if "provider_timeout" not in settings.model_fields_set:
            options = replace(options, timeout=PATIENCE)
        llm = create_llm(
            only=settings.providers,
            environment=self._environment,
            legs=self._legs,
            model=settings.model,
            options=options,
            on_call=self._noted,
            budget_usd=settings.budget_usd,
            budget_tokens=settings.budget_tokens,
        )
        system = system_text(target.language, target.framework.name)
        try:
            made = await llm.agenerate_judged(LLMRequest(user_text(requirements), system, MOST_TOKENS), self._judged)
        except AllProvidersFailed as error:
            raise _plain(error) from error
        finally:
            await llm.aclose()
        return self._generated(made)

    def _noted(self, record: CallRecord) -> None:
        self._calls.append(record)
        self._emit({"event": "call"} | dump(record))

    def _judged(self, reply: Reply) -> tuple[_Made | None, str]:
        again = reply.record.provider in self._complained
        self._complained.add(reply.record.provider)
        cut = reply.was_cut and bool(reply.text.strip())
        if cut and not again:
            return None, f"{reply.defect}. {_CUT}"
        if reply.defect and not cut:
            return None, reply.defect
        try:
            answer = read_answer(reply.text, self._target, cut=cut)
            made = manifests(answer.files, self._target)
        except EditError as error:
            return None, f"{reply.defect}: {error}" if cut else str(error)
        wrong = defects(answer.files)
        if wrong and not again:  # may be right all the same: said once
            return None, "; ".join(wrong)
        told = (f"{reply.defect}: what it had before is used",) if cut else ()
        return _Made(Answer(answer.files, (*answer.notes, *wrong, *told)), made, reply.record), ""

    def _generated(self, made: _Made) -> Generated:
        target, files = self._target, {**made.answer.files, **made.manifests}
        tests = {path: text for path, text in files.items() if is_tests(path, target)}
        rest = {path: text for path, text in files.items() if path not in tests}
        main = _main(rest, tests, target)
        code = GeneratedCode(target.language, target.framework.name, rest.get(main, ""), rest, tests)
        usage = sum((call.usage for call in self._calls), Usage())
        notes = (*([target.reason] if target.reason else []), *made.answer.notes)
        own = frozenset(made.manifests.keys() - made.answer.files.keys())
        return Generated(code, made.record.provider, made.record.model, usage, tuple(self._calls), notes, own)


def check_configured(environment: Environment, settings: Settings, legs: OwnLegs = ()) -> list[str]:
    """The providers that can be asked, in order. Raises ``UsageError``, with every variable, where there is none."""
    from ...providers.registry import survey
    from ..commands.chatting import none_configured

    if settings.providers == ("offline",):
        models = ", ".join(name for name in PROVIDER_NAMES if name != "offline")
        raise UsageError(f"the offline search repairs code, it writes none: name one of {models}")
    specs = survey(environment, settings.providers, settings.model)
    ready = [spec.provider for spec in specs if not spec.problem]
    if not ready and not legs:
        raise UsageError(none_configured(specs))
    return ready


def _plain(error: AllProvidersFailed) -> Exception:
    """``error``, unless all that is wrong is that no model reads so much."""
    kinds = {record.error.kind for record in error.records if record.error}
    if kinds != {ErrorKind.TOO_LARGE} or error.over_budget:
        return error
    return UsageError(f"the requirements are too long: {'; '.join(r.error.message for r in error.records if r.error)}")


def _main(files: Mapping[str, str], tests: Mapping[str, str], target: Target) -> str:
    """The file that the tests are about: one that they name before others, a long one before a short one."""
    named = "\n".join(tests.values())
    sources = [path for path in files if is_source(target.language, path)]
    stems = {path: PurePosixPath(path).stem for path in sources}
    return max(sources, key=lambda path: (stems[path] in named or stems[path] == "lib", len(files[path])))
