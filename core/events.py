"""What a run tells while it goes on. Each event is a dict whose ``event`` names its kind:

=============  =====================================================================================================
``started``    ``run_id``, ``project``, ``framework``, ``language``, ``reason`` (why that framework), ``sandbox``,
               ``providers`` (lines about which are configured)
``resumed``    ``run_id``, ``afresh``: before ``started``: a run goes on, and why from the tests if so
``merging``    ``paths``: files that the user changed meanwhile; merged, they are tested before they are written
``node``       ``node``, ``iteration``: a node of the graph begins
``tests``      ``passed``, ``failed``: so far, in the test run under way
``ran``        ``framework``, ``chosen``, ``passed``, ``failed``, ``seconds``, ``timed_out``: a test run has ended
``call``       ``provider``, ``model``, ``ok``, ``seconds``, ``usage``, ``error``: a ``CallRecord`` as a dict
``asking``     ``provider``, ``model``: a call begins
``waiting``    ``provider``, ``seconds``: nobody answered, and this one is asked again after so long
``search``     ``candidates``, ``plausible``, ``seconds``: the offline search so far
``update``     ``node``, ``update``: what the node changed in the state (briefs, see ``core.state``)
``approval``   ``run_id``, ``question``, ``patch``, …: the run asks (``core.decisions.Question`` as a dict)
``finished``   ``result``: a ``RepairResult``; always the last one
=============  =====================================================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Event = dict[str, Any]
Emit = Callable[[Event], None]


def silent(event: Event) -> None:
    """Nobody listens."""
