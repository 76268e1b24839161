"""What the program says when something is wrong, gathered from its code: each sentence with … for what it fills in.

A message is what an exception is made with, what a logger says as a warning or an error, what goes to the standard
error, an answer of SMTP that begins with 4 or 5, a whole sentence in the API, a fault of `patchlog status`, or what a
function returns that says why something is not done.
"""

import ast
import builtins
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import product
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("schemas", "ingest", "projector", "api", "patchlog")
GAP = "…"
LEVELS = ("warning", "error", "exception", "critical")
SAYING = {
    "Fault": slice(1, 2),
    "Outcome": slice(1, 2),
    "Refused": slice(1, 2),
    "FieldError": slice(1, 2),
    "BadParameter": slice(0, 1),
    "_write_line": slice(1, 2),
    "_there": slice(1, 2),
    "_unauthorized": slice(0, 1),
}
"""Calls of which only some arguments are for people, or that are no exceptions."""
REFUSING = re.compile(r"_?(refus|why_|mistake|foreseen_|never_came|is_alive)")
"""Functions that return the sentence why something is not done."""
MISTAKES = {"AssertionError", "TypeError", "NotImplementedError", "KafkaError", "_Broken"}
"""What only a mistake of ours raises, of which `a mistake in patchlog` tells; and a part of another message."""
ELSEWHERE = ("projector/assembly/", "api/openapi/", "api/pages/")
DESCRIBING = "api/meters.py"
"""Whole sentences there explain and describe."""
Known = Mapping[str, ast.expr]


class Message(NamedTuple):
    """text: one line, with … for what is filled in; place: the file and the line."""

    text: str
    place: str


@cache
def messages() -> tuple[Message, ...]:
    """Every message of the program, by file and line."""
    paths = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    return tuple(gather({str(path.relative_to(ROOT)): path.read_text() for path in paths}))


def gather(sources: Mapping[str, str]) -> list[Message]:
    """The messages of some modules, which may take constants from each other: path -> Python."""
    modules = {name: ast.parse(source) for name, source in sources.items()}
    constants = {name.removesuffix(".py").replace("/", "."): _constants(tree) for name, tree in modules.items()}
    errors = _error_classes(modules.values())
    found = []
    for name, tree in modules.items():
        if not name.startswith(ELSEWHERE):
            known = {**_imported(tree, constants), **_constants(tree)}
            sentences = name.startswith("api/") and name != DESCRIBING
            spoken = _spoken_in(tree, known, errors, sentences=sentences)
            lines = ((line, " ".join(text.split())) for line, text in spoken)
            found += [Message(text, f"{name}:{line}") for line, text in lines if _says_something(text)]
    return found


def _spoken_in(tree: ast.Module, known: Known, errors: set[str], *, sentences: bool) -> Iterator[tuple[int, str]]:
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for function in [tree, *functions]:
        local = {**known, **(dict(_targets(_own(function))) if function is not tree else {})}
        for node in _own(function):
            for expression in _spoken(node, getattr(function, "name", ""), errors):
                yield from ((expression.lineno, text) for text in texts(expression, local))
            if sentences and isinstance(node, ast.Constant | ast.JoinedStr):
                yield from ((node.lineno, text) for text in texts(node, local) if re.match(r'["A-Z].* .*\.$', text))


def _spoken(node: ast.AST, function: str, errors: set[str]) -> list[ast.expr]:
    """The expressions by which a node speaks to people."""
    if isinstance(node, ast.Return) and node.value is not None:
        return [node.value] if REFUSING.match(function) else []
    if isinstance(node, ast.Constant | ast.JoinedStr):
        return [node] if any(re.match(r"[45]\d\d[ -]", text) for text in texts(node, {})) else []
    if not isinstance(node, ast.Call):
        return []
    called = ast.unparse(node.func)
    name = called.rpartition(".")[2]
    arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
    if name in SAYING:
        return arguments[SAYING[name]]
    if name in errors or called == "super().__init__" or re.match(r"HTTP[A-Z]", name):
        return arguments
    if name in LEVELS and re.search(r"(log|logger|get_logger\(\))\.\w+$", called):
        return node.args[:1]
    to_stderr = called == "sys.stderr.write" or any(keyword.arg == "err" for keyword in node.keywords)
    return node.args[:1] if to_stderr else []


def texts(node: ast.expr, known: Known) -> list[str]:
    """What an expression may come to, where it is known to be text; [] where it is not."""
    match node:
        case ast.Constant(value=str() as text):
            return [_filled(text)]
        case ast.Constant(value=bytes() as content):
            return [_filled(content.decode(errors="replace"))]
        case ast.JoinedStr(values=values):
            return [_filled("".join(parts)) for parts in product(*(_parts(value, known) for value in values))]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            one, other = texts(left, known), texts(right, known)
            return [_filled("".join(ends)) for ends in product(one or [GAP], other or [GAP])] if one or other else []
        case ast.IfExp(body=body, orelse=orelse):
            return (texts(body, known) or [GAP]) + (texts(orelse, known) or [GAP])
        case ast.BoolOp(values=values) | ast.Dict(values=values):
            return [text for value in values for text in texts(value, known) or [GAP]]
        case ast.Lambda(body=body):
            return texts(body, known)
        case ast.Name(id=name) if name in known:
            return texts(known[name], {key: value for key, value in known.items() if key != name})
        case ast.Call(func=ast.Attribute(value=pattern, attr="format")):
            return [_filled(re.sub(r"\{[^}]*\}", GAP, text)) for text in texts(pattern, known)]
        case ast.Call(func=ast.Attribute(value=text, attr="encode")):
            return texts(text, known)
    return []


def _parts(node: ast.expr, known: Known) -> list[str]:
    """What a part of an f-string may come to: words of ours where they are known, else …."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    assert isinstance(node, ast.FormattedValue)
    if isinstance(node.value, ast.IfExp | ast.Name):
        alternatives = texts(node.value, known)
        if alternatives and GAP not in alternatives and all(" " in text or text.isalpha() for text in alternatives):
            return alternatives
    return [GAP]


def _filled(text: str) -> str:
    return re.sub(rf"{GAP}(\W?{GAP})+", GAP, text)


def _says_something(text: str) -> bool:
    """Whether it is more than a word of the code, or what somebody else says."""
    return bool(re.search(r"[A-Za-z]{3,}.*\s|\s.*[A-Za-z]{3,}|^[a-z]+\.[a-z0-9-]+$", text.replace(GAP, " . ")))


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function, without its docstring, parts of f-strings, and functions inside it."""
    for child in ast.iter_child_nodes(function):
        is_docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and not is_docstring:
            yield child
            yield from () if isinstance(child, ast.JoinedStr) else _own(child)


def _imported(tree: ast.Module, constants: Mapping[str, Known]) -> dict[str, ast.expr]:
    """The constants that a module takes from others of ours, under the names that it gives them."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names = [(node.module or "", alias) for node in imports for alias in node.names]
    return {
        alias.asname or alias.name: constants[module][alias.name]
        for module, alias in names
        if alias.name in constants.get(module, {})
    }


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    return {name: value for name, value in _targets(tree.body) if name.isupper()}


def _targets(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value


def _error_classes(trees: Iterable[ast.Module]) -> set[str]:
    """Names of exceptions: Python's, click's, and those of ours that come of any of them."""
    found = {name for name, one in vars(builtins).items() if isinstance(one, type) and issubclass(one, Exception)}
    found |= {"ClickException", "UsageError"}
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    before = 0
    while len(found) > before:
        before = len(found)
        found |= {one.name for one in classes if {ast.unparse(base).rpartition(".")[2] for base in one.bases} & found}
    return found - MISTAKES
