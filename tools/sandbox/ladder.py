"""Which level of isolation a machine can give, and never silently less than was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ...core.errors import UsageError
from ...core.settings import SandboxChoice
from .copies import CopySandbox
from .landlock import LandlockSandbox, landlock_refusal
from .overlay import OverlaySandbox, overlay_refusal
from .protocol import Sandbox
from .quota import Quota
from .scratch import sweep
from .visible import check_readable


def open_sandbox(
    project: Path,
    level: SandboxChoice = "auto",
    *,
    require: bool = False,
    allow_network: bool = False,
    scratch: Path,
    hidden: Iterable[Path] = (),
    readable: Sequence[Path] = (),
    quota: Quota = Quota(),  # noqa: B008 - frozen
) -> Sandbox:
    """The sandbox of ``project`` at ``level``; ``auto`` takes the strongest that really works here.

    ``scratch`` is a folder for the views' files; what killed runs left there is removed. ``require`` refuses levels
    that do not isolate. ``allow_network`` matters to overlay and landlock alone: the others do not cut the network.
    ``hidden`` are folders that tests must not see, ``readable`` places that they may read though they are the user's.
    Raises ``UsageError`` when the machine cannot give what was asked, with the reason and what to do.
    """
    place = _folder(project)
    scratch = scratch.resolve()
    sweep(scratch)
    check_readable(readable, place, hidden)
    given: dict[str, Any] = {
        "allow_network": allow_network, "hidden": hidden, "readable": readable, "quota": quota
    }  # fmt: skip
    if level in ("auto", "overlay"):
        refusal = overlay_refusal(place, scratch, allow_network)
        if refusal is None:
            return OverlaySandbox(place, scratch, **given)
        if level == "overlay":
            raise UsageError(f"the overlay sandbox does not work here: {refusal}. {_ADVICE}")
    if level in ("auto", "landlock"):
        other = landlock_refusal(scratch, allow_network)
        if other is None:
            return LandlockSandbox(place, scratch, **given)
        if level == "landlock":
            raise UsageError(
                f"the landlock sandbox does not work here: {other}. Choose --sandbox auto, overlay or copy."
            )
        if require:
            raise UsageError(f"no sandbox works here. overlay: {refusal}. landlock: {other}. {_ADVICE}")
    if require:
        raise UsageError(
            f"--require-sandbox refuses --sandbox {level}, which does not isolate: choose overlay, landlock or auto."
        )
    return CopySandbox(place, scratch, level="none" if level == "none" else "copy", quota=quota)


_ADVICE = (
    "Allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, "
    "kernel.apparmor_restrict_unprivileged_userns=0; in a container --security-opt seccomp=unconfined), "
    "or choose --sandbox copy without --require-sandbox."
)


def _folder(project: Path) -> Path:
    place = project.resolve()
    if not place.is_dir():
        raise UsageError(f"{project} is not a folder: name the project's folder.")
    if place == Path(place.anchor):
        raise UsageError(f"{project} is the root of a file system: name a project's folder.")
    return place
