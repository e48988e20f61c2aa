"""Which small changes can be made to a file without knowing what it is for?

Conditions are turned round, comparisons moved by one, constants changed, statements left out. Each change alone makes a
mutant; messages to people, annotations and assertions of `zip` are left as they are.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_COMPARISONS: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_ARITHMETIC: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_LEFT_OUT = (ast.Expr, ast.Raise, ast.Assert, ast.AugAssign, ast.Continue, ast.Break)
_TOLD = frozenset({"log", "logging", "warnings"})
"""Whoever is called by these names tells people something."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a text.

    Attributes:
        line: Where it is.
        reached: The lines of which a test has to reach one; none for what runs when the file is imported.
        what: What is done.
        text: The whole text, changed.
    """

    line: int
    reached: range
    what: str
    text: str


def changes(text: str) -> Iterator[Change]:
    """Every change that can be made to a file, in the order of its nodes."""
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode()))
    encoded = text.encode()
    for node, reached in _nodes(ast.parse(text), range(0)):
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        old = encoded[start:end].decode()
        for new in _others(node):
            changed = (encoded[:start] + new.encode() + encoded[end:]).decode()
            yield Change(node.lineno, reached, f"{_short(old)} -> {_short(new)}", changed)


def _nodes(node: ast.AST, reached: range, *, called: bool = False) -> Iterator[tuple[ast.expr | ast.stmt, range]]:
    """The nodes that may be changed, each with the lines that lead to it.

    Args:
        node: Whose children are asked for.
        reached: The lines that lead to the node.
        called: Whether the node is in a function.
    """
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list", "bases", "type_params"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _is_left_alone(child):
                continue
            within = called or isinstance(child, ast.FunctionDef)
            lines = _lines(child) if within and isinstance(child, ast.stmt) else reached
            if isinstance(child, ast.expr | ast.stmt):
                yield child, lines
            yield from _nodes(child, lines, called=within)


def _lines(statement: ast.stmt) -> range:
    """The lines of a statement; of one with others in it its head, of a function all, as its defaults count in it."""
    last = statement.end_lineno or statement.lineno
    body = getattr(statement, "body", None)
    if body and not isinstance(statement, ast.FunctionDef):
        last = max(statement.lineno, body[0].lineno - 1)
    return range(statement.lineno, last + 1)


def _is_left_alone(node: ast.AST) -> bool:
    if isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.keyword) and node.arg == "strict":
        return True  # whether two lists are as long as each other is no question: `zip` asserts it
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return True
    return isinstance(node, ast.Expr) and (isinstance(node.value, ast.Constant) or _is_told(node.value))


def _is_told(node: ast.expr) -> bool:
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id in _TOLD


def _others(node: ast.expr | ast.stmt) -> Iterator[str]:
    """What may stand in place of a node."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _COMPARISONS:
        other = ast.Compare(node.left, [_COMPARISONS[type(node.ops[0])]()], node.comparators)
        yield f"({ast.unparse(other)})"
    elif isinstance(node, ast.BoolOp):
        yield f"({ast.unparse(ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values))})"
        yield from (f"({ast.unparse(each)})" for each in node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield f"({ast.unparse(node.operand)})"
    elif isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC and not _is_text(node):
        yield f"({ast.unparse(ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right))})"
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield repr(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        # By one where that tells; elsewhere by so much that somebody should notice.
        yield repr(node.value + 1 if abs(node.value) <= 2 else node.value * 2 + 1)
    elif isinstance(node, ast.IfExp):
        yield f"({ast.unparse(node.body)})"
        yield f"({ast.unparse(node.orelse)})"
    elif isinstance(node, _LEFT_OUT):
        yield "pass"


def _is_text(node: ast.BinOp) -> bool:
    return any(isinstance(each, ast.JoinedStr | ast.Constant) and _is_str(each) for each in (node.left, node.right))


def _is_str(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 90 else f"{text[:90]}..."
