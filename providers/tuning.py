"""A tuning job at OpenAI, or at a server that speaks its protocol: files up, job started, by the OpenAI client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..core.domain import ErrorKind
from ..core.errors import ProviderError, UsageError
from ..core.settings import Environment
from . import background
from .clients import CONNECT_SECONDS, Exchange, client_options
from .errors import catchable, is_foreign, translate
from .registry import NOT_SET, survey

if TYPE_CHECKING:
    from pathlib import Path

    import openai

LEAST_EXAMPLES = 10
"""Fewer the service refuses."""
_SECONDS = 600.0
_POLL_SECONDS = 20.0
_ENDED = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True)
class Uploaded:
    """Ids of the files as the service keeps them."""

    training_file: str
    validation_file: str | None = None


@dataclass(frozen=True)
class Job:
    """A tuning job. ``model`` is the tuned model's id, once there is one; ``error`` why there will be none."""

    id: str
    status: str
    base_model: str
    model: str | None = None
    error: str | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in _ENDED


class Tuning:
    """Talks to the service that ``environment`` configures as ``openai``. Raises ``UsageError`` where there is none.

    Methods raise ``ProviderError`` and nothing foreign.
    """

    def __init__(self, environment: Environment, seconds: float = _SECONDS) -> None:
        (self._spec,) = survey(environment, ["openai"])
        self._seconds = seconds
        if self._spec.problem:
            unset = self._spec.problem == NOT_SET
            raise UsageError("tuning needs OPENAI_API_KEY" if unset else self._spec.problem)

    def upload(self, training: Path, validation: Path | None = None) -> Uploaded:
        """Send the files."""
        return background.run(self._upload(training, validation))

    def start(self, files: Uploaded, base_model: str, *, suffix: str = "aion-r", seed: int | None = None) -> Job:
        """Start a job on uploaded files."""
        return background.run(self._start(files, base_model, suffix, seed))

    def wait(self, job: Job, every: float | None = None) -> Job:
        """``job`` when it has ended, asked for every so many seconds."""
        return background.run(self._wait(job, _POLL_SECONDS if every is None else every))

    async def _upload(self, training: Path, validation: Path | None) -> Uploaded:
        async with self._client() as client:
            first = await client.files.create(file=training, purpose="fine-tune")
            second = await client.files.create(file=validation, purpose="fine-tune") if validation else None
        return Uploaded(first.id, second.id if second else None)

    async def _start(self, files: Uploaded, base_model: str, suffix: str, seed: int | None) -> Job:
        more: dict[str, Any] = {"validation_file": files.validation_file} if files.validation_file else {}
        async with self._client() as client:
            answer = await client.fine_tuning.jobs.create(
                training_file=files.training_file, model=base_model, suffix=suffix, seed=seed, **more
            )
        return _job(answer)

    async def _wait(self, job: Job, every: float) -> Job:
        async with self._client() as client:
            while not job.ended:
                await asyncio.sleep(every)
                job = _job(await client.fine_tuning.jobs.retrieve(job.id))
        return job

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[openai.AsyncOpenAI]:
        import openai

        # one address, no redirects, the key given: as for every leg; a job must not be started twice by a retry
        http = openai.DefaultAsyncHttpxClient(**client_options(self._spec.base_url))
        timeout = openai.Timeout(self._seconds, connect=min(CONNECT_SECONDS, self._seconds))
        client = openai.AsyncOpenAI(
            api_key=self._spec.secret,
            base_url=self._spec.base_url,
            http_client=http,
            timeout=timeout,
            max_retries=0,
        )
        try:
            async with client:
                yield client
        except catchable(self._spec) as error:
            if not is_foreign(error, self._spec, Exchange()):
                raise
            raise self._translated(error) from error

    def _translated(self, error: Exception) -> ProviderError:
        late = f"did not answer within {self._seconds:g} s"
        said = translate(error, self._spec, Exchange(), late, CONNECT_SECONDS)
        if said.kind is not ErrorKind.MODEL_NOT_FOUND:
            return said
        # what is not there is not the leg's model: that one was not asked
        spec, status = self._spec, said.status
        text = f"{spec.title} at {spec.base_url} does not tune that model, or none at all (HTTP {status})."
        return ProviderError(said.kind, text, provider=spec.provider, model=spec.model, status=status)


def _job(answer: Any) -> Job:
    error = getattr(answer, "error", None)
    said = getattr(error, "message", None)
    return Job(answer.id, answer.status, answer.model, answer.fine_tuned_model, said or None)
