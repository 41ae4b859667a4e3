"""Draws the README's pictures from the real thing: ``python docs/pictures/draw.py`` in the checkout.

``terminal.svg`` is the screen of ``aion-r fix`` on examples/broken_cart, ``page.png`` the page of ``aion-r serve``
while a run of it asks for approval. The browser and the scripted model are those of the tests.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

from rich.console import CONSOLE_SVG_FORMAT, Console
from rich.text import Text

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
COLUMNS = 108
BULK = "    if quantity {} BULK_QUANTITY:"
LINE = "            return\n        self.lines[article] = (unit_price, present {} quantity)"
_CONTROL = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|\r?\n|\r|[^\x1b\r\n]+")


def main() -> None:
    """Draw both."""
    sys.path.insert(0, str(ROOT / "tests"))
    code = Path(tempfile.gettempdir()) / "code"  # a path that a reader sees
    if code.exists():
        raise SystemExit(f"{code} is in the way: it would be seen in the pictures.")
    code.mkdir()
    try:
        with tempfile.TemporaryDirectory() as home:
            draw_terminal(code, Path(home))
            draw_page(code, Path(home))
    finally:
        shutil.rmtree(code)


def draw_terminal(code: Path, home: Path) -> None:
    """``terminal.svg``: what a terminal of ``COLUMNS`` columns shows in the end."""
    from support.command_line import CommandLine

    project = shutil.copytree(ROOT / "examples" / "broken_cart", code / "broken_cart")
    line = CommandLine(home, project)
    status, written = line.on_terminal("fix", "--providers", "offline", columns=COLUMNS)
    if status:
        raise SystemExit(written)
    console = Console(record=True, width=COLUMNS, file=open("/dev/null", "w"), force_terminal=True)  # noqa: PTH123, SIM115
    console.print(Text("$ aion-r fix --providers offline", style="bold"))
    for row in screen(written):
        console.print(Text.from_ansi(row), soft_wrap=True)
    drawn = console.export_svg(title="examples/broken_cart", code_format=without_fonts(CONSOLE_SVG_FORMAT))
    (HERE / "terminal.svg").write_text(drawn, encoding="utf-8")
    shutil.rmtree(project)


def screen(written: str) -> list[str]:
    """The rows that are left when everything is written: colours stay in them, moves and erasures are done."""
    rows, at = [""], 0
    for match in _CONTROL.finditer(written):
        what, kind = match[0], match[2]
        if what.endswith("\n"):
            at += 1
            rows += [""] * (at == len(rows))
        elif kind == "A":
            at = max(0, at - int(match[1] or 1))
        elif kind == "K":
            rows[at] = ""
        elif kind == "m" or not (kind or what == "\r"):
            rows[at] += what
    return "\n".join(rows).rstrip().split("\n")


def without_fonts(template: str) -> str:
    """``template`` that asks no other address for a font."""
    template = re.sub(r"<!--.*?-->\s*", "", template)
    plain = re.sub(r"@font-face \{\{.*?\n    \}\}\n", "", template, flags=re.DOTALL)
    return plain.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace")


def draw_page(code: Path, home: Path) -> None:
    """``page.png``: a run that asks, others beside it."""
    from support.browser import chromium
    from support.projects import RIGHT, block, calc
    from support.replies import Status
    from support.scripted_server import ScriptedServer
    from support.served import Served

    with ScriptedServer() as models:
        models.script("groq", Status(429, {"Retry-After": "7"}, message="Rate limit reached, try again in 7 s"))
        models.script("openai", RIGHT)
        variables = models.environment("groq", "openai") | {"AION_R_PROVIDERS": "groq,openai"}
        with Served(home / "served", code, variables) as served, chromium() as browser:
            for name in ("ledger", "pricing-api"):
                served.wait_for(served.ask(calc(code / name).name, no_apply=name == "ledger"), "finished")
            shutil.copytree(ROOT / "examples" / "broken_cart", code / "broken_cart")
            mended = block("shop/pricing.py", BULK.format(">"), BULK.format(">="))
            models.script("openai", mended + block("shop/cart.py", LINE.format("+"), LINE.format("-")))
            run_id = served.ask("broken_cart", approve=True)
            run = served.wait_for(run_id, "waiting", "finished")
            if run["status"] != "waiting":
                raise SystemExit(f"it did not get there: {run['result']['message']}")
            page = browser.new_page(viewport={"width": 1280, "height": 960}, reduced_motion="reduce")
            page.goto(f"{served.base}/#/runs/{run_id}")
            page.get_by_role("region", name="Your approval").wait_for()
            page.locator("#providers tbody tr").last.wait_for()
            page.wait_for_timeout(500)
            page.screenshot(path=HERE / "page.png")


if __name__ == "__main__":
    main()
