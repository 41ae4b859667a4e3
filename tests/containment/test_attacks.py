"""Every attack at every level: contained, or a gap that docs/security.md tells of."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from . import attacks
from .world import MOUNTING

Outcomes = Callable[[str], dict[str, str]]

METADATA = {"change_attribute", "change_mode", "change_times"}
IN_SIGHT = {"command_lines_of_others", "limit_others"}
AS_ROOT = {"descriptors_of_others"}
"""Attacks that get somewhere for root alone, or for everybody else alone."""
BY_USER = {
    "descriptors_of_others", "read_shadow", "read_by_proc_root", "read_by_proc_cwd", "environ_of_others",
    "memory_of_others", "renice_others", "pin_others", "write_by_proc", "ping", "vsock", "read_by_hard_link",
    "write_by_hard_link", "interfaces_by_netlink", "tcp6", "udp6", "multipath_tcp", "tcp_fast_open", "limit_others",
    "change_attribute", "gain_by_setuid",
}  # fmt: skip
"""Whether these get out depends on the user, the kernel or the file system, too."""

HELD_BY_A_COPY = {
    "read_variables", "read_dotenv", "use_agent", "read_disk", "make_disk_node", "trace_others", "peek_by_vm_readv",
    "steal_descriptor", "enter_namespaces_of_others", "read_by_handle", "read_keyring", "load_bpf", "perf_events",
    "user_faults", "io_uring", "all_capabilities", "may_gain_privileges", "raw_packets",
}  # fmt: skip
GAPS = {
    "overlay": set(),
    "landlock": METADATA | IN_SIGHT | AS_ROOT,
    "copy": attacks.ATTACKS.keys() - HELD_BY_A_COPY - MOUNTING,
}


@pytest.mark.parametrize("attack", sorted(attacks.ATTACKS))
def test_attack(attack: str, level: str, outcomes: Outcomes) -> None:
    got = outcomes(level)
    if level == "copy" and attack in MOUNTING:
        assert attack not in got
        return
    breach = got[attack].startswith("GOT")
    if attack not in GAPS[level]:
        assert not breach, got[attack]
    elif attack not in BY_USER:
        assert breach, f"{attack} no longer gets out at {level}: take it off the list of gaps, in the docs too"


def test_the_attacks_are_many() -> None:
    assert len(attacks.ATTACKS) >= 60
    assert (
        len([name for name in attacks.ATTACKS if re.match("tcp|udp|dns|unix|abstract|raw|ping|vsock|inter", name)]) >= 6
    )


@pytest.mark.parametrize("gap", sorted(GAPS["landlock"]))
def test_gaps_of_landlock_are_told(gap: str) -> None:
    told = (Path(__file__).parents[2] / "docs" / "security.md").read_text()
    assert f"`{gap}`" in told


def test_what_a_copy_holds_is_told() -> None:
    told = (Path(__file__).parents[2] / "docs" / "security.md").read_text()
    assert {name for name in HELD_BY_A_COPY if f"`{name}`" not in told} == set()
