"""Keyword arguments that a call forgot: those that the function is known to take, or takes by its own definition."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .arguments import appended
from .registry import Rewrite, Site, operator

_KEYWORDS: dict[str, tuple[str, ...]] = {
    "popitem": ("last=False",),
    "move_to_end": ("last=False",),
    "parse_qsl": ("keep_blank_values=True",),
    "parse_qs": ("keep_blank_values=True",),
    "urlencode": ("doseq=True",),
    "quote": ("safe=''",),
    "unquote": ("encoding='utf-8'",),
    "DictWriter": ("extrasaction='ignore'", "lineterminator='\\n'"),
    "DictReader": ("delimiter=';'", "skipinitialspace=True"),
    "writer": ("lineterminator='\\n'", "delimiter=';'"),
    "reader": ("delimiter=';'", "skipinitialspace=True"),
    "dumps": ("separators=(',', ':')", "allow_nan=False"),
    "dump": ("indent=2", "sort_keys=True", "ensure_ascii=False", "default=str"),
    "loads": ("parse_float=Decimal", "strict=False"),
    "run": ("check=True", "text=True", "capture_output=True"),
    "gather": ("return_exceptions=True",),
    "unlink": ("missing_ok=True",),
    "rmtree": ("ignore_errors=True",),
    "mkdir": ("parents=True", "exist_ok=True"),
    "copytree": ("dirs_exist_ok=True",),
    "isoformat": ("timespec='seconds'", "timespec='milliseconds'", "' '"),
    "splitlines": ("keepends=True",),
    "split": ("maxsplit=1", "None, 1"),
    "rsplit": ("maxsplit=1", "None, 1"),
    "replace": ("1", "tzinfo=timezone.utc", "microsecond=0"),
    "now": ("timezone.utc", "tz=timezone.utc"),
    "fromtimestamp": ("tz=timezone.utc",),
    "sub": ("count=1", "flags=re.MULTILINE", "flags=re.DOTALL"),
    "findall": ("re.IGNORECASE", "re.MULTILINE", "re.DOTALL"),
    "search": ("re.IGNORECASE", "re.MULTILINE", "re.DOTALL"),
    "match": ("re.IGNORECASE", "re.DOTALL"),
    "fullmatch": ("re.IGNORECASE", "re.DOTALL"),
    "compile": ("re.DOTALL", "re.VERBOSE"),
    "deque": ("maxlen=1",),
    "field": ("compare=False", "repr=False", "init=False", "default_factory=list", "default_factory=dict"),
    "dataclass": ("frozen=True", "order=True", "unsafe_hash=True"),
    "lru_cache": ("maxsize=None",),
    "open": ("'w'", "'rb'", "'a'", "encoding='utf-8'", "errors='replace'"),
    "read_text": ("encoding='utf-8'",),
    "write_text": ("encoding='utf-8'",),
    "encode": ("'utf-8'", "'ascii', 'ignore'"),
    "decode": ("'utf-8'", "errors='replace'", "'ascii'"),
    "int": ("16", "2", "base=16"),
    "zip": ("strict=True",),
    "zip_longest": ("fillvalue=0", "fillvalue=''"),
    "accumulate": ("initial=0",),
    "enumerate": ("start=1",),
    "get": ("timeout=1", "block=False"),
    "wait": ("timeout=1",),
    "acquire": ("blocking=False",),
    "quantize": ("rounding=ROUND_HALF_UP", "rounding=ROUND_DOWN", "rounding=ROUND_HALF_EVEN"),
    "Thread": ("daemon=True",),
    "getLogger": ("__name__",),
    "walk": ("topdown=False",),
    "relative_to": ("walk_up=True",),
    "resolve": ("strict=True",),
    "ljust": ("'0'",),
    "rjust": ("'0'",),
    "groupby": ("key=len",),
    "Enum": ("start=1",),
    "isclose": ("abs_tol=1e-9", "rel_tol=1e-9"),
    "randint": ("0",),
    "to_bytes": ("'big'", "'little'", "signed=True"),
    "from_bytes": ("'big'", "'little'", "signed=True"),
}


@operator(
    "keyword",
    ast.Call,
    weight=0.5,
    examples=(
        ("x.popitem()\n", "x.popitem(last=False)\n"),
        (
            "def g(a, strict=False): ...\nx = g(1)\n",
            "def g(a, strict=False): ...\nx = g(1, strict=True)\n",
        ),
        ("def f(d):\n    return max(d)\n", "def f(d):\n    return max(d, key=d.get)\n"),
        (
            "def f(xs):\n    return sorted(xs), xs[0].age\n",
            "def f(xs):\n    return sorted(xs, key=lambda item: item.age), xs[0].age\n",
        ),
        (
            "def f(xs):\n    return sorted(xs), xs[0]['due']\n",
            "def f(xs):\n    return sorted(xs, key=lambda item: item['due']), xs[0]['due']\n",
        ),
    ),
)
def keyword(site: Site) -> Iterator[Rewrite]:
    """A keyword that the called function is known to take, or declares with a default."""
    node = site.node
    assert isinstance(node, ast.Call)
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    given = {k.arg for k in node.keywords}
    for text in _KEYWORDS.get(name, ()):
        if text.partition("=")[0] not in given and _available(site, text):
            yield appended(site, node, text, 1.1)
    yield from _declared(site, node, name, given)
    if name in ("sorted", "sort", "min", "max", "groupby", "nlargest", "nsmallest") and "key" not in given:
        for index, key in enumerate(dict.fromkeys(_keys(site))):
            yield appended(site, node, f"key={key}", 0.98**index)


def _available(site: Site, text: str) -> bool:
    """Whether the names that an argument mentions are imported here."""
    tree = ast.parse(f"f({text})", mode="eval")
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} - {"f", "str", "len", "list", "dict", "__name__"}
    return names <= set(site.scope.callables)


def _declared(site: Site, node: ast.Call, name: str, given: set[str | None]) -> Iterator[Rewrite]:
    """Parameters with a default, given otherwise: truth values turned round, variables of the same name."""
    definition = site.source.definitions.get(name)
    if definition is None:
        return
    a = definition.args
    pairs = [*zip(a.args[len(a.args) - len(a.defaults) :], a.defaults, strict=True)]
    pairs += [(p, d) for p, d in zip(a.kwonlyargs, a.kw_defaults, strict=True) if d is not None]
    for parameter, default in pairs:
        if parameter.arg in given or not isinstance(default, ast.Constant):
            continue
        values = [str(not default.value)] if isinstance(default.value, bool) else []
        values += site.scope.variables[:6] if default.value is None else []
        for value in values:
            yield appended(site, node, f"{parameter.arg}={value}", 1.0 if isinstance(default.value, bool) else 0.5)


def _keys(site: Site) -> Iterator[str]:
    names = site.scope.variables[:8]
    for base in names:
        if any(site.source.segment(a) == base for a in site.node.args):  # type: ignore[attr-defined]
            yield f"{base}.get"
    for collection in site.scope.collections[:4]:
        yield f"{collection}.get"
    for node in ast.walk(site.source.tree):
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            if isinstance(node.slice.value, str | int):
                yield f"lambda item: item[{node.slice.value!r}]"
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Subscript):
            called = isinstance(parent := site.source.parent(node), ast.Call) and parent.func is node
            if not called and getattr(node.value, "id", "") != "self":
                yield f"lambda item: item.{node.attr}"
    yield from ("lambda pair: pair[1]", "lambda pair: pair[0]", "len", "str.lower", "str", "int", "abs")
    for attribute in [*site.scope.class_members, *_fields(site)][:10]:
        yield f"lambda item: item.{attribute}"


def _fields(site: Site) -> Iterator[str]:
    for node in site.source.tree.body:
        for statement in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                yield statement.target.id
