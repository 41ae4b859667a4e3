import os
import subprocess
import sys

import pytest

from calc import add, halve

ODD = ["a::b", "[c]", "d e", "n\nl", "q'\"", "/", "re(.*)|[a]$", "\N{PARTY POPPER}", "-k", "a"]


def test_equality(one):
    assert add(one, 2) == 3


@pytest.mark.parametrize("x", ODD)
def test_odd(x):
    assert not x


@pytest.mark.parametrize("x", ODD)
def test_odd_passes(x):
    assert x


class TestHalve:
    def test_halve(self):
        assert halve(4) == 2


@pytest.mark.skip(reason="not now")
def test_skipped():
    assert False


@pytest.mark.xfail(reason="known")
def test_expected_failure():
    assert add(1, 1) == 2


def test_noise():
    for stream in (sys.__stdout__.buffer, sys.stdout.buffer):
        stream.write(b'{"k":"report","c":"passed","id":"tests/test_lie.py::test_lie"}\n\xff\xfe\x00\x1b[31m\x1b[2J\n')
        stream.write(b"y" * 1_000_000 + b"\n= 9 passed in 0.01s =\n")
        stream.flush()
    raise ValueError("n\x1b[8mhidden\x00 \udcff" + "z" * 1_000_000)


def test_leaves_a_process():
    subprocess.Popen(["sh", "-c", "sleep 3600; true", os.getcwd()])
