"""``/docs``: the OpenAPI document as one plain page. No script, no address outside, nothing to install."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

Table = dict[str, Any]
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: routes</title><link rel="stylesheet" href="/docs.css"></head>
<body><main><h1>{title} {version}</h1>{description}
<p><a href="/openapi.json">openapi.json</a> is the same for programs. <a href="/">The page</a></p>
<nav aria-label="Routes"><ul>{index}</ul></nav>{routes}</main></body></html>
"""
STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:0;padding:1rem}
main{max-width:60rem;margin:auto}
section{border-top:1px solid color-mix(in srgb,currentColor 25%,transparent);padding:.5rem 0 1rem}
h2{font-size:1.1rem;font-family:ui-monospace,monospace;overflow-wrap:anywhere}
b{font-weight:600}
pre{overflow-x:auto;padding:.75rem;background:color-mix(in srgb,currentColor 8%,transparent);border-radius:.4rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.15rem .75rem .15rem 0}
code{font-family:ui-monospace,monospace}
"""


def page_of(document: Table) -> str:
    """The page."""
    routes = list(_routes(document))
    info = document["info"]
    return _PAGE.format(
        title=escape(info["title"]),
        version=escape(info["version"]),
        description=f"<p>{escape(info.get('description', ''))}</p>",
        index="".join(f'<li><a href="#{_anchor(*route)}">{_name(*route)}</a></li>' for route in routes),
        routes="".join(_section(document, *route) for route in routes),
    )


def _routes(document: Table) -> Iterator[tuple[str, str, Table]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield method, path, operation


def _name(method: str, path: str, operation: Table) -> str:
    return f"<code>{method.upper()} {escape(path)}</code> {escape(operation.get('summary', ''))}"


def _anchor(method: str, path: str, operation: Table) -> str:
    return escape(operation["operationId"], quote=True)


def _section(document: Table, method: str, path: str, operation: Table) -> str:
    parts = [
        f'<section id="{_anchor(method, path, operation)}"><h2>{method.upper()} {escape(path)}</h2>',
        f"<p>{escape(operation.get('description', ''))}</p>",
        _table("Parameter", [_parameter(one) for one in operation.get("parameters", [])]),
        _body(document, operation),
        _table("Answer", [_answer(*one) for one in sorted(operation["responses"].items())]),
    ]
    return "".join(parts) + "</section>"


def _parameter(parameter: Table) -> tuple[str, str]:
    where = f"{parameter['in']}{', required' if parameter.get('required') else ''}"
    return parameter["name"], f"({where}) {parameter.get('description', '')}"


def _answer(status: str, response: Table) -> tuple[str, str]:
    kinds = ", ".join(response.get("content", {}))
    return status, response["description"] + (f" ({kinds})" if kinds else "")


def _table(head: str, rows: list[tuple[str, str]]) -> str:
    if not rows:
        return ""
    cells = "".join(f"<tr><td><code>{escape(name)}</code></td><td>{escape(text)}</td></tr>" for name, text in rows)
    heads = f'<tr><th scope="col">{head}</th><th scope="col"></th></tr>'
    return f"<table><thead>{heads}</thead><tbody>{cells}</tbody></table>"


def _body(document: Table, operation: Table) -> str:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if not content:
        return ""
    schema = content["schema"]
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    examples = "".join(f"<pre>{escape(json.dumps(one, indent=2))}</pre>" for one in schema.get("examples", []))
    rows = [(name, f"{_type(field)} {field.get('description', '')}") for name, field in schema["properties"].items()]
    return f"<p><b>Body</b>, application/json</p>{examples}{_table('Field', rows)}"


def _type(field: Table) -> str:
    kinds = [one for one in field.get("anyOf", [field]) if one.get("type") != "null"]
    return " or ".join(f"one of {', '.join(one['enum'])}" if "enum" in one else one["type"] for one in kinds) + "."
