"""What the tests of switching share: candidates of a source, plain and switched."""

from __future__ import annotations

from dataclasses import dataclass

from aion_r.tools.search_repair.model import Candidate, Evidence, Splice, apply
from aion_r.tools.search_repair.trees import TreeGenerator, TreeSwitcher
from aion_r.tools.search_repair.variants import Switched, Variant


@dataclass(frozen=True)
class Sample:
    """A source, its candidates by number, and the text that holds them all."""

    path: str
    text: str
    candidates: dict[int, Candidate]
    switched: Switched

    def plain(self, number: int) -> str:
        """The source with one candidate applied; 0 for none."""
        return apply(self.text, self.candidates[number].splices) if number else self.text

    @property
    def numbers(self) -> list[int]:
        """The candidates that are switched."""
        return sorted(self.switched.lines)


def sampled(language: str, path: str, text: str, most: int) -> Sample:
    """The best candidates of ``text``, and every so manyth of the others, so that all operators have their turn."""
    everywhere = dict.fromkeys(range(1, text.count("\n") + 2), 1.0)
    found = list(TreeGenerator(language).candidates({path: text}, Evidence((), {path: everywhere})))
    best, others = found[: most // 2], found[most // 2 :]
    best += others[:: max(1, 2 * len(others) // most)]
    return written(language, path, text, dict(enumerate(best, 1)))


def written(language: str, path: str, text: str, candidates: dict[int, Candidate]) -> Sample:
    """``candidates`` switched."""
    switched = TreeSwitcher(language).switched(path, text, [Variant(n, c) for n, c in candidates.items()])
    assert set(switched.lines) | switched.left_out == set(candidates)
    assert not set(switched.lines) & switched.left_out
    return Sample(path, text, candidates, switched)


def changing(text: str, old: str, new: str, path: str) -> Candidate:
    """The candidate that puts ``new`` where ``old`` stands, once."""
    assert text.count(old) == 1, old
    start = text.index(old)
    return Candidate(path, (Splice(start, start + len(old), new),), "test", text.count("\n", 0, start) + 1, 1.0)


def check_lines(sample: Sample) -> None:
    """Each variant has lines of its own, and they hold its change."""
    lines = sample.switched.text.split("\n")
    seen: set[int] = set()
    for number in sample.numbers:
        span = sample.switched.lines[number]
        assert not seen & set(span)
        seen |= set(span)
        own = "\n".join(lines[span.start - 1 : span.stop - 1]).replace(f"outer_{number}", "outer")
        for splice in sample.candidates[number].splices:
            assert splice.text.strip("\n") in own
        assert str(number) in lines[span.start - 1]
