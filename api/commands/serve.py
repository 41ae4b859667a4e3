"""``aion-r serve``: the REST server and the web page."""

from __future__ import annotations

from typing import Any

import click

from .options import Above, Command, common_options, option

EPILOG = """\b
Examples:
  aion-r serve                               projects below this folder
  aion-r serve --root ~/code --root /srv/shop
  AION_R_SERVE_TOKEN=… aion-r serve --host 0.0.0.0 --port 80

\b
SIGTERM and Ctrl-C end the runs so that they can be resumed, then the
server. Exit status: 0; 1 where it cannot listen; 2 wrong usage."""


@click.command(cls=Command, epilog=EPILOG)
@option("--host", section="Address", metavar="HOST", default="127.0.0.1", help="Where to listen [127.0.0.1].")
@option("--port", section="Address", metavar="N", default=8080, type=click.IntRange(0, 65535), help="Port [8080].")
@option("--root", "roots", section="Projects", metavar="DIR", multiple=True,
        help="Projects are below here (repeatable) [this folder].")  # fmt: skip
@option("--workers", section="Runs", metavar="N", default=2, type=Above("count", 1, inclusive=True, whole=True),
        help="Runs at the same time [2].")  # fmt: skip
@option("--queue", section="Runs", metavar="N", default=16, type=Above("count", 0, inclusive=True, whole=True),
        help="Runs that may wait [16].")  # fmt: skip
@option("--unsafe-options", section="Runs", is_flag=True,
        help="Let requests choose the test command, network and less isolation.")  # fmt: skip
@common_options
def serve(**options: Any) -> int:
    """Serve the REST API and the web page.

    Only this machine reaches it, unless --host says otherwise; clients then
    need the token in AION_R_SERVE_TOKEN. Only projects below --root (also:
    AION_R_ROOTS) are worked on.
    """
    from .serving import serve_until_told

    return serve_until_told(**options)
