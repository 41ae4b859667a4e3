"""A run as a document: one HTML file that needs nothing but a browser, and Markdown for a pull request.

``html.html_report`` and ``markdown.markdown_summary`` make the texts, ``writing.write_report`` the file.
"""

from __future__ import annotations

from ...core.documents import RepairResult


def html_report(result: RepairResult, *, project: str = "", started_at: str = "") -> str:
    """See ``html.html_report``; imported when it is used."""
    from .html import html_report as made

    return made(result, project=project, started_at=started_at)


def markdown_summary(result: RepairResult) -> str:
    """See ``markdown.markdown_summary``; imported when it is used."""
    from .markdown import markdown_summary as made

    return made(result)
