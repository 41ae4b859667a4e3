"""The end of a run waits until its traces are sent, but not for long."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

FLUSH_SECONDS = 5.0
"""Most that the end of a run waits for its traces to be sent."""
FAREWELL_SECONDS = 0.3
"""The same where it was interrupted: who interrupts does not want to wait."""


def finish(works: Sequence[Callable[[], object]], seconds: float) -> None:
    """Do all ``works``, blocking for ``seconds`` at most; that this was not enough is told.

    Neither library keeps a limit of its own: a receiver that hangs would be waited for.
    """
    threads = [threading.Thread(target=work, name="aion-r-traces", daemon=True) for work in works]
    end = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    if any(thread.is_alive() for thread in threads):
        logging.getLogger("aion_r.tracing").warning("traces: the receiver did not answer in %g s", seconds)
