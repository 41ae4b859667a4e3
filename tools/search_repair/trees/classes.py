"""What kind of value an expression has, as far as that shows: a number, a text, a list …"""

from __future__ import annotations

import re

from .scope import Scope
from .shapes import arguments_of, is_text, method_of, operator_of
from .tree import Node

NUMBER, TEXT, LIST, TRUTH, ITERATOR, OPTION, MAP = "number", "text", "list", "truth", "iterator", "option", "map"
_TYPES = (
    (NUMBER, r"u?int(8|16|32|64)?|float(32|64)|[iu](8|16|32|64|128|size)|f(32|64)|number|integer|byte|rune|usize"),
    (TEXT, r"string|&?(mut )?(str|String)|&'\w+ str"),
    (TRUTH, r"bool|boolean"),
    (LIST, r"\[.*|.*\[\]|(readonly )?Array.*|&?(mut )?(\[.*|Vec.*)|list|\.\.\..*"),
    (OPTION, r"Option.*|Result.*"),
    (MAP, r"map\[.*|&?(mut )?(Hash|BTree)?(Map|Set).*|Record.*|object"),
    ("function", r"func.*|fn.*|impl Fn.*|function"),
)
_METHODS = {
    "javascript": (
        (
            NUMBER,
            "indexOf lastIndexOf findIndex abs floor ceil round trunc sqrt pow min max getTime charCodeAt "
            "parseInt parseFloat",
        ),
        (
            TEXT,
            "trim toLowerCase toUpperCase join toString replace replaceAll padStart padEnd repeat charAt toFixed "
            "substring",
        ),
        (LIST, "map filter split flat flatMap keys values entries sort reverse from fill"),
        (TRUTH, "includes some every has startsWith endsWith test isArray isInteger isNaN hasOwn"),
    ),
    "go": (
        (NUMBER, "Abs Floor Ceil Round Sqrt Pow Min Max Index Count Len Unix"),
        (
            TEXT,
            "ToLower ToUpper TrimSpace Trim TrimLeft TrimRight TrimPrefix TrimSuffix Join Replace ReplaceAll "
            "Repeat Sprintf Sprint String",
        ),
        (LIST, "Split Fields SplitN"),
        (TRUTH, "HasPrefix HasSuffix Contains IsNaN IsZero"),
    ),
    "rust": (
        (
            NUMBER,
            "len abs count sum product pow sqrt floor ceil round rem_euclid saturating_sub saturating_add "
            "wrapping_add unsigned_abs",
        ),
        (TEXT, "to_string to_lowercase to_uppercase trim trim_start trim_end repeat join replace to_owned"),
        (LIST, "to_vec collect"),
        (
            ITERATOR,
            "iter into_iter iter_mut chars map filter rev skip take zip enumerate split split_whitespace bytes "
            "windows chunks lines keys values",
        ),
        (
            OPTION,
            "first last get pop next find position max_by min_by max_by_key min_by_key checked_add checked_sub "
            "parse ok peek",
        ),
        (TRUTH, "is_empty is_some is_none contains any all starts_with ends_with contains_key"),
    ),
}
_TABLES = {family: {name: kind for kind, names in rows for name in names.split()} for family, rows in _METHODS.items()}
_ARITHMETIC = frozenset({"+", "-", "*", "/", "%", "**", "&", "|", "^", "<<", ">>", ">>>"})
_FUNCTIONS = {"len": NUMBER, "cap": NUMBER, "int": NUMBER, "float64": NUMBER, "Number": NUMBER, "parseInt": NUMBER}
_FUNCTIONS |= {"String": TEXT, "string": TEXT, "append": LIST, "Some": OPTION, "Ok": OPTION, "Boolean": TRUTH}


def class_of_type(written: str) -> str:
    """The class of a type as it is written; "" for those that have none."""
    return next((name for name, pattern in _TYPES if re.fullmatch(pattern, written.strip(), re.DOTALL)), "")


def class_of(node: Node, scope: Scope) -> str:
    """The class of an expression's value; "" where it does not show."""
    if is_text(node):
        return TEXT
    if node.kind == "grouped" and node.inner:
        return class_of(node.inner[0], scope)
    if node.kind == "binary":
        sign = operator_of(node)
        return NUMBER if sign in _ARITHMETIC else TRUTH if sign not in ("&&", "||", "??") else ""
    if node.kind == "call":
        return _of_call(node)
    if node.kind == "member" and node.inner[-1].text in ("length", "size"):
        return NUMBER
    if node.kind == "index" and node.inner:
        inner = re.match(r"&?(?:mut )?(?:\[\](.*)|\[(.*)\]|(.*)\[\]|Vec<(.*)>)$", _type_of(node.inner[0], scope))
        return class_of_type(next(group for group in inner.groups() if group is not None)) if inner else ""
    return _LITERALS.get(node.kind) or class_of_type(_type_of(node, scope))


_LITERALS = {"number": NUMBER, "boolean": TRUTH, "list": LIST, "bounds": ITERATOR, "macro": ""}


def _type_of(node: Node, scope: Scope) -> str:
    return scope.type_of(node.text, node.start) if node.kind == "name" else ""


def _of_call(node: Node) -> str:
    method = method_of(node)
    if method is not None:
        return _TABLES[node.tree.grammar.family].get(method[1].text, "")
    callee = node.inner[0].text if node.inner else ""
    return _FUNCTIONS.get(callee, "") if arguments_of(node) else ""
