"""The user behind a client, who decides whether a patch may be written, as far as the client lets them be asked.

Clients of the protocol's versions before 2026 are asked while their call goes on. Newer ones get the question as the
call's answer, while the run waits in its folder, and call again with the decision: the server holds nothing meanwhile.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcp.server import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolRequestParams, ElicitRequest, ElicitResult, InputRequiredResult
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from ...core.decisions import Decision, Question
from ...core.errors import UsageError
from ...tools.runs import RunStore
from ..approvals import Approve
from .client_roots import roots_question
from .elicitation import decision_of, form, shown_whole

_KEY = "approval"
_SEAL = "asked_over_mcp"
"""Of a run: the secret that only the client which was given the question knows."""
_TIMES = 5
"""Forms without a decision until the user counts as not there."""

Pause = Callable[[], AbstractAsyncContextManager[None]]


@dataclass(frozen=True)
class Reviewer:
    """Of one call. ``hide`` takes keys out of what is shown; ``pause`` lends the call's turn to others."""

    context: ServerRequestContext[Any, Any]
    params: CallToolRequestParams
    project: Path
    hide: Callable[[str], str]
    pause: Pause

    @property
    def _by_form(self) -> bool:
        capabilities = self.context.session.client_capabilities
        asks = capabilities.elicitation if capabilities else None
        return asks is not None and (asks.form is not None or asks.url is None)  # an empty one is of the first age

    @property
    def _calls_again(self) -> bool:
        return self.context.protocol_version in MODERN_PROTOCOL_VERSIONS

    def approve(self) -> Approve | bool:
        """For ``AutocorrectionCycle``: asks during the call, or leaves the run at its question."""
        return self._asked_now if self._by_form and not self._calls_again else True

    async def _asked_now(self, question: Question) -> Decision | None:
        problem = ""
        async with self.pause():
            for _ in range(_TIMES if shown_whole(question) else 0):
                try:
                    return decision_of(await self._sent(self._form(question, problem)), question.question)
                except UsageError as error:
                    problem = str(error)
        return None

    async def _sent(self, request: ElicitRequest) -> ElicitResult | None:
        """``None`` from a client that says it asks its user and then does not."""
        params: Any = request.params
        try:
            return await self.context.session.elicit_form(
                params.message, params.requested_schema, related_request_id=self.context.request_id
            )
        except (MCPError, ValueError):
            return None

    def _form(self, question: Question, problem: str) -> ElicitRequest:
        request = form(question, self.project.name, problem)
        request.params.message = self.hide(request.params.message)
        return request

    def question_for(self, store: RunStore, problem: str = "") -> InputRequiredResult | None:
        """The open question of the run, for a client that calls again with the answer; ``None`` for any other."""
        asked = store.facts.get("question")
        question = Question.of(asked) if asked else None
        if not (question and self._by_form and self._calls_again and shown_whole(question)):
            return None
        seal = secrets.token_urlsafe()
        store.update(**{_SEAL: seal})
        requests = {_KEY: self._form(question, problem), **roots_question(self.context)}
        return InputRequiredResult(input_requests=requests, request_state=f"{store.run_id}:{seal}")

    def waiting_run(self, home: Path) -> RunStore | None:
        """The run whose question this call brings the answer to; ``None`` for a call that begins one.

        Raises ``UsageError`` where that is no run of the project, or the question was not put to this client.
        """
        state = self.params.request_state
        if not state:
            return None
        run_id, _, seal = state.partition(":")
        store = RunStore.find(home, run_id)
        facts = store.facts
        known = hmac.compare_digest(str(facts.get(_SEAL, "")).encode(), seal.encode(errors="replace"))
        if not seal or not known or Path(facts["project"]) != self.project:
            raise UsageError(f"run {store.run_id} did not ask this: call fix_tests without an answer.")
        return store

    def decision(self, store: RunStore) -> Decision | None:
        """What the user said to the open question of the run. Raises ``UsageError`` for a form without a decision."""
        answer = (self.params.input_responses or {}).get(_KEY)
        asked = store.facts.get("question") or {}
        return decision_of(answer if isinstance(answer, ElicitResult) else None, asked.get("question", 0))
