"""The log of a run's events: whole lines, ids without a gap, and readers that keep a place and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from aion_r.api.event_log import EventLog, EventReader, append_event, frames, last_event

TEXTS = st.text(max_size=200)


def ids(lines: bytes) -> list[int]:
    return [json.loads(line)["id"] for line in lines.splitlines()]


def test_ids_go_on_where_another_writer_stopped(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    assert (EventReader(file).read(), last_event(file)) == (b"", (0, ""))
    log = EventLog(file)
    assert [log.append({"event": "node"}) for _ in range(3)] == [1, 2, 3]
    log.close()
    assert append_event(file, {"event": "finished"}) == 4
    assert last_event(file) == (4, "finished")
    assert ids(EventReader(file).read()) == [1, 2, 3, 4]


@given(texts=st.lists(TEXTS, min_size=1, max_size=8), cut=st.integers(1, 10_000), after=st.integers(0, 12))
@settings(max_examples=60, deadline=None)
def test_a_cut_anywhere_loses_whole_events_from_the_end_alone(
    tmp_path_factory: object, texts: list[str], cut: int, after: int
) -> None:
    folder = tmp_path_factory.mktemp("log")  # type: ignore[attr-defined]
    file = folder / "events.jsonl"
    log = EventLog(file)
    for text in texts:
        log.append({"event": "call", "text": text})
    log.close()
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) - cut % len(whole)])
    left = whole[: len(whole) - cut % len(whole)].count(b"\n")
    early = EventReader(file)
    assert ids(early.read()) == list(range(1, left + 1))
    assert append_event(file, {"event": "node"}) == left + 1
    assert ids(early.read()) == [left + 1]
    assert ids(EventReader(file, after).read()) == list(range(after + 1, left + 2))
    assert last_event(file) == (left + 1, "node")
    told = [json.loads(line)["text"] for line in file.read_bytes().splitlines()[:left]]
    assert told == texts[:left]


def test_a_long_log_is_read_in_pieces_and_a_long_line_whole(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    log = EventLog(file)
    for number in range(40):
        log.append({"event": "approval", "patch": "x" * (300_000 if number == 7 else 20_000)})
    log.close()
    reader = EventReader(file)
    pieces = []
    while piece := reader.read():
        pieces.append(piece)
    assert len(pieces) > 2
    assert [one for piece in pieces for one in ids(piece)] == list(range(1, 41))
    assert max(map(len, pieces)) < 600_000
    assert last_event(file) == (40, "approval")


def test_a_frame_is_one_event_whatever_stands_in_it(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    text = "data: x\n\nevent: finished\r\n\u2028<script>"
    append_event(file, {"event": "call", "text": text})
    ((kind, frame),) = frames(EventReader(file).read())
    head, name, data, *rest = frame.decode().split("\n")
    assert (kind, head, name, rest) == ("call", "id: 1", "event: call", ["", ""])
    assert json.loads(data.removeprefix("data: "))["text"] == text
