"""A run as a worker's job: from its folder to its result, every event in the log before it is told."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ...core.decisions import Question
from ...core.documents import RepairResult
from ...core.errors import UsageError
from ...core.events import Event
from ...core.settings import read_environment
from ...tools.runs import RunStore
from ...tools.workspace.changes import stamp_now
from ..approvals import AWAITING
from ..cycle import AutocorrectionCycle
from ..event_log import EventLog
from ..hiding import Hide, hider
from ..recording import Recorder, recorded_elsewhere
from ..tracing.observed import called_from
from .worker import Channel, Conversation, Message


async def go_on(job: Message, conversation: Conversation) -> None:
    """Begin the run of ``job``, or go on with it. Its result is kept in its folder."""
    home = Path(job["home"])
    store = RunStore.find(home, job["run_id"])
    project = _checked(store)
    if job["begin"]:
        now = datetime.now(UTC)
        store.update(began_at=now.isoformat(), read_at=stamp_now(), session_at=now.timestamp())
    log = EventLog(store.events_file)
    decided = Decided(store.facts.get("decision"), store.facts.get("decided_patch"))
    teller = Teller(log, conversation.channel, hider(read_environment(Path.cwd(), project)))
    conversation.too_late = lambda: teller.writing
    conversation.on_cancel = lambda: teller.tell({"event": "cancelling"})
    try:
        cycle = AutocorrectionCycle(home=home, approve=decided.answer)
        with recorded_elsewhere(), called_from(*store.facts.get("caller", ("", ""))):
            async for event in cycle.astream_resumed(store.run_id):
                if event["event"] == "finished":
                    _finish(event["result"], store, teller)
                elif not (job["begin"] and event["event"] == "resumed") and not decided.knows(event):
                    teller.tell(event)
    finally:
        teller.close()


def _checked(store: RunStore) -> Path:
    """The project. Raises ``UsageError`` where its path leads elsewhere than when it was asked for."""
    project = Path(store.facts["project"])
    if os.path.realpath(project) != str(project):
        raise UsageError(f"{project} leads to another place than when the run was asked for.")
    return project


def _finish(result: RepairResult, store: RunStore, teller: Teller) -> None:
    if result.stop_reason == AWAITING:  # somebody must decide: another worker goes on then
        return
    if not store.facts.get("finished_at"):  # no test was found to begin with
        store.finish(result.to_dict())
    names = ("success", "stop_reason", "message", "applied")
    teller.tell({"event": "finished", "outcome": str(result.outcome)} | {name: getattr(result, name) for name in names})


@dataclass(frozen=True)
class Decided:
    """The answer that a client gave, for the very patch that was shown: it is kept with the run, so that no crash loses
    it, and counts for no other patch."""

    decision: Message | None
    patch: str | None

    def knows(self, told: Mapping[str, Any]) -> bool:
        """Whether that asks what was answered."""
        return bool(self.decision) and told.get("patch") == self.patch and "question" in told

    def answer(self, question: Question) -> Message | None:
        """The decision; none for another question, at which the run stops."""
        return self.decision if self.knows(question.to_dict()) else None


class Teller:
    """Keeps each event, without keys, then tells the server that it is there."""

    def __init__(self, log: EventLog, channel: Channel, hide: Hide) -> None:
        self.writing = False
        """Whether the project is being written."""
        self._channel = channel
        self._recorder = Recorder(log, hide, self._kept)

    def tell(self, event: Event) -> None:
        """Only from the event loop's thread."""
        if event["event"] in ("node", "update"):
            self.writing = event["event"] == "node" and event["node"] == "write_back"
        self._recorder.tell(event)

    def close(self) -> None:
        """Nothing more is told."""
        self._recorder.close()

    def _kept(self, number: int, event: Event) -> None:
        place = {name: event[name] for name in ("node", "iteration") if event["event"] == "node"}
        self._channel.tell("event", id=number, kind=event["event"], **place)
