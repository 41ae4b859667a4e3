"""JavaScript and TypeScript, with JSX."""

from .grammar import Grammar, kinds, levels

_SCRIPT = ("tree_sitter_javascript",)
_TYPED = ("tree_sitter_typescript", "language_typescript")

JAVASCRIPT = Grammar(
    family="javascript",
    suffixes={
        ".js": _SCRIPT,
        ".jsx": _SCRIPT,
        ".mjs": _SCRIPT,
        ".cjs": _SCRIPT,
        ".ts": _TYPED,
        ".mts": _TYPED,
        ".cts": _TYPED,
        ".tsx": ("tree_sitter_typescript", "language_tsx"),
    },
    kinds=kinds(
        {
            "program": "program",
            "block": "statement_block",
            "case": "switch_case switch_default",
            "switch": "switch_statement",
            "function": "function_declaration function_expression arrow_function method_definition "
            "generator_function generator_function_declaration",
            "class": "class_declaration class abstract_class_declaration",
            "binary": "binary_expression",
            "unary": "unary_expression",
            "update": "update_expression",
            "call": "call_expression",
            "new": "new_expression",
            "arguments": "arguments",
            "member": "member_expression",
            "index": "subscript_expression",
            "number": "number",
            "string": "string",
            "template": "template_string",
            "regex": "regex",
            "boolean": "true false",
            "nothing": "null undefined",
            "name": "identifier shorthand_property_identifier this",
            "property": "property_identifier private_property_identifier",
            "if": "if_statement",
            "ternary": "ternary_expression",
            "while": "while_statement do_statement",
            "for": "for_statement",
            "each": "for_in_statement",
            "return": "return_statement",
            "throw": "throw_statement",
            "break": "break_statement continue_statement",
            "assign": "assignment_expression",
            "augmented": "augmented_assignment_expression",
            "declare": "variable_declarator",
            "declaration": "lexical_declaration variable_declaration",
            "plain": "expression_statement",
            "await": "await_expression",
            "grouped": "parenthesized_expression",
            "list": "array",
            "object": "object",
            "spread": "spread_element",
            "comment": "comment",
            "import": "import_statement",
            "text": "string_fragment escape_sequence regex_pattern jsx_text",
        }
    ),
    precedence=levels(
        "|| ??", "&&", "|", "^", "&", "== != === !==", "< <= > >= in instanceof", "<< >> >>>", "+ -", "* / %", "**"
    ),
    expression=("(", ")"),
    end=";",
)
