"""Finds code that decides by the words of our errors, or that edits an error on its way."""

import ast
from collections.abc import Iterator
from pathlib import Path

from rerank_cli import errors

_WORDS = {"message", "problem", "hint"}
_PATTERNS = {"search", "match", "fullmatch", "findall", "finditer", "sub", "split"}


def found_in(path: Path) -> list[str]:
    """`file:line: code` of each such place in a file."""
    source = path.read_text("utf-8")
    tree = ast.parse(source)
    places = dict.fromkeys(node for scope in _scopes(tree) for node in _Scope(scope).found)
    return [f"{path.name}:{node.lineno}: {ast.get_source_segment(source, node)}" for node in places]


def _scopes(tree: ast.Module) -> Iterator[ast.AST]:
    """Each function, and what stands outside of them all."""
    yield tree
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield node


class _Scope:
    """One function: which of its names are our errors, or hold their words."""

    def __init__(self, scope: ast.AST) -> None:
        self.found: list[ast.expr] = []
        nodes = list(ast.walk(scope))
        self._caught = {
            node.name
            for node in nodes
            if isinstance(node, ast.ExceptHandler) and node.name and _is_ours(node.type)
        }
        self._aliases: set[str] = set()
        for node in nodes:
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value:
                self._remember(node)
        for node in nodes:
            self._look(node)

    def _remember(self, node: ast.Assign | ast.AnnAssign | ast.NamedExpr) -> None:
        """A variable that is given words holds words."""
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if node.value and self._is_words(node.value):
            self._aliases |= {each.id for each in targets if isinstance(each, ast.Name)}

    def _look(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=targets):
                self.found += [each for each in targets if self._is_edit(each)]
            case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
                self.found += [target] if self._is_edit(target) else []
            case ast.Compare(left=left, comparators=others):
                given = [each for each in (left, *others) if self._is_words(each)]
                # Whether there is a hint at all is a fact.
                if given and not any(_is_none(each) for each in others):
                    self.found.append(node)
            case ast.Call(func=ast.Attribute(value=value, attr=name), args=arguments):
                searched = name in _PATTERNS and any(map(self._is_words, arguments))
                if searched or self._is_words(value):
                    self.found.append(node)
            case ast.Call(func=ast.Name(id="setattr"), args=[ast.Name(id=name), *_]):
                self.found += [node] if name in self._caught else []
            case ast.Subscript(value=value):
                self.found += [node] if self._is_words(value) else []
            case ast.Match(subject=subject):
                self.found += [subject] if self._is_words(subject) else []

    def _is_edit(self, target: ast.expr) -> bool:
        match target:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                return name in self._caught or (name != "self" and attribute in _WORDS)
            case ast.Attribute(attr=attribute):
                return attribute in _WORDS
        return False

    def _is_words(self, node: ast.expr) -> bool:
        """Whether an expression is the words of an error, perhaps changed."""
        match node:
            case ast.Attribute(attr=attribute):
                return attribute in _WORDS
            case ast.Name(id=name):
                return name in self._aliases
            case ast.Call(func=ast.Name(id="str" | "repr"), args=[ast.Name(id=name)]):
                return name in self._caught
            case ast.Call(func=ast.Attribute(value=value)):
                return self._is_words(value)
            case ast.BoolOp(values=values):
                return any(map(self._is_words, values))
        return False


def _is_ours(kind: ast.expr | None) -> bool:
    """Whether an except clause may catch one of our errors."""
    match kind:
        case None:
            return True
        case ast.Tuple(elts=kinds):
            return any(map(_is_ours, kinds))
        case ast.Name(id=name):
            return name in vars(errors) or name in ("Exception", "BaseException")
    return False


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
