"""Static name resolution: what a chain in a file refers to, through imports, re-exports, instances and fixtures."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .outline import (
    CALL,
    DEFAULT,
    FIXTURE,
    MODULE,
    UNKNOWN,
    Binding,
    Chain,
    Definition,
    FrontEnd,
    Import,
    Kind,
    Outline,
)
from .project import Project

MAX_LOOSE = 4
"""A method found by its name alone in more places than this says nothing."""

MAX_DEPTH = 3
"""Calls whose results are followed into one another: what a number was computed from is no class in the end."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a chain may mean: a definition, an ``instance`` of it, or the module ``path`` itself."""

    path: str
    definition: Definition | None = None
    instance: bool = False

    @property
    def is_class(self) -> bool:
        """Whether it is a class or an instance of one."""
        return self.definition is not None and self.definition.kind is Kind.CLASS


Targets = tuple[Target, ...]


class Resolver:
    """Follows chains over one project. Every answer is remembered; cycles resolve to nothing."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._known: dict[tuple[str, Chain, int], Targets] = {}
        self._symbols: dict[tuple[str, str], Targets] = {}
        self._modules: dict[tuple[str, str], tuple[str, ...]] = {}
        self._depth = 0
        self._ancestry: set[tuple[str, str, str]] = set()

    def targets(self, path: str, chain: Chain, line: int) -> Targets:
        """What ``chain``, written on ``line`` of ``path``, may mean."""
        key = (path, chain, line)
        if key not in self._known:
            self._known[key] = ()
            if len(chain) <= 12:
                self._known[key] = self._follow(path, chain, line)
        return self._known[key]

    def modules(self, path: str, module: str) -> tuple[str, ...]:
        """The files that ``module`` means to ``path``."""
        key = (path, module)
        if key not in self._modules:
            language = self.project.front_end(path)
            self._modules[key] = language.modules(self.project, path, module) if language else ()
        return self._modules[key]

    def symbol(self, path: str, name: str) -> Targets:
        """What the module ``path`` exports as ``name``."""
        key = (path, name)
        if key not in self._symbols:
            self._symbols[key] = ()
            self._symbols[key] = self._exported(path, name)
        return self._symbols[key]

    def loose(self, path: str, name: str) -> Targets:
        """Methods and functions called ``name`` in ``path`` and in what it imports: a guess for unknown receivers."""
        seen = dict.fromkeys([path, *self._visible(path)])
        found = [
            Target(file, definition)
            for file in seen
            if name in (self.project.text(file) or "")
            for definition in self.project.outline(file).by_name.get(name, ())
            if definition.kind is Kind.FUNCTION
        ]
        return tuple(found) if len(found) <= MAX_LOOSE else ()

    def constructor(self, target: Target) -> Target:
        """The method that calling the class ``target`` runs, or the class itself."""
        language = self.project.front_end(target.path)
        for name in language.constructors if language else ():
            for found in self._member(target, name):
                return found
        return target

    def _visible(self, path: str) -> list[str]:
        files = list(self._neighbours(path))
        for item in self.project.outline(path).imports:
            files.extend(self.modules(path, item.module))
            files.extend(t.path for t in self._imported(path, item) if t.definition)
        return files

    def _neighbours(self, path: str) -> tuple[str, ...]:
        language = self.project.front_end(path)
        return language.neighbours(self.project, path) if language else ()

    def _follow(self, path: str, chain: Chain, line: int) -> Targets:
        found, used = self._head(path, chain, line)
        for step in chain[used:]:
            following = [new for target in found for new in self._step(target, step)]
            found = tuple(dict.fromkeys(following))[:8]
        return found

    def _head(self, path: str, chain: Chain, line: int) -> tuple[Targets, int]:
        outline, name = self.project.outline(path), chain[0]
        language = self.project.front_end(path)
        if language is None or name == UNKNOWN:
            return (), 1
        if name.startswith(FIXTURE):
            return self._fixture(path, name[1:]), 1
        if name.startswith(MODULE):
            return tuple(Target(file) for file in self.modules(path, name[1:])), 1
        if name in language.receivers and (owner := _enclosing_class(outline, line)):
            return (Target(path, owner, instance=True),), 1
        if bound := self._bound(path, outline, name, line):
            return bound, 1
        if local := _scoped(outline.by_name.get(name, []), outline, line):
            return tuple(Target(path, definition) for definition in local), 1
        return self._from_imports(path, outline, chain, language)

    def _from_imports(self, path: str, outline: Outline, chain: Chain, language: FrontEnd) -> tuple[Targets, int]:
        for length in range(min(len(chain), 5), 0, -1):
            local = ".".join(chain[:length])
            for item in outline.imported.get(local, ()):
                if found := self._imported(path, item):
                    return found, length
        if found := self._starred(path, outline, chain[0]):
            return found, 1
        for near in language.neighbours(self.project, path):
            if found := tuple(t for t in self.symbol(near, chain[0]) if not _is_fixture(t)):
                return found, 1
        return (), 1

    def _bound(self, path: str, outline: Outline, name: str, line: int) -> Targets:
        bindings = _visible_bindings(outline, outline.bound.get(name, []), line)
        found = [target for b in bindings[:6] for target in self.targets(path, b.chain, b.line)]
        return tuple(dict.fromkeys(found))

    def _fixture(self, path: str, name: str) -> Targets:
        for file in (path, *self._neighbours(path)):
            definitions = self.project.outline(file).by_name.get(name, ())
            if found := [Target(file, d) for d in definitions if d.kind in (Kind.FIXTURE, Kind.HOOK)]:
                return tuple(found)
        return ()

    def _imported(self, path: str, item: Import) -> Targets:
        files = self.modules(path, item.module) if item.module else (path,)
        if item.name is None:
            return tuple(Target(file) for file in files)
        if item.name == "*":
            return ()
        for file in files:
            if found := self.symbol(file, item.name):
                return found
        if item.name == DEFAULT:
            return tuple(Target(file) for file in files)
        return tuple(Target(file) for file in self._submodule(path, item.module, item.name))

    def _submodule(self, path: str, module: str, name: str) -> tuple[str, ...]:
        return self.modules(path, f"{module}{name}" if module.endswith(".") else f"{module}.{name}")

    def _starred(self, path: str, outline: Outline, name: str) -> Targets:
        for item in outline.imports:
            if item.name == "*":
                for file in self.modules(path, item.module):
                    if file != path and (found := self.symbol(file, name)):
                        return found
        return ()

    def _exported(self, path: str, name: str) -> Targets:
        text = self.project.text(path) or ""
        if name not in text and "*" not in text and name != DEFAULT:
            return ()  # much cheaper than an outline, and most files of a package end here
        outline = self.project.outline(path)
        if name in outline.exports:
            return self.targets(path, outline.exports[name], 0)
        if top := [d for d in outline.by_name.get(name, ()) if d.qualname == name]:
            return tuple(Target(path, definition) for definition in top)
        for item in outline.imported.get(name, ()):
            if found := self._imported(path, item):
                return found
        return self._starred(path, outline, name) or self._bound(path, outline, name, 0)

    def _step(self, target: Target, step: str) -> Targets:
        if step != CALL:
            return () if step == UNKNOWN else self._member(target, step)
        definition = target.definition
        if definition is None:
            return tuple(new for t in self.symbol(target.path, DEFAULT) for new in self._step(t, CALL))
        if definition.kind is Kind.CLASS:
            return (replace(target, instance=True),)
        if self._depth >= MAX_DEPTH:
            return ()
        self._depth += 1
        given = [self.targets(target.path, chain, definition.body_line) for chain in definition.returns[:4]]
        self._depth -= 1
        return tuple(new for targets in given for new in targets)

    def _member(self, target: Target, name: str) -> Targets:
        definition = target.definition
        if definition is None:
            package = target.path.endswith("/__init__.py")
            return self.symbol(target.path, name) or tuple(
                Target(file) for file in (self.modules(target.path, f".{name}") if package else ())
            )
        for file in (target.path, *self._neighbours(target.path)):
            if name in (self.project.text(file) or ""):
                found = self.project.outline(file).member(definition.qualname, name)
                if found:
                    return (Target(file, found),)
        return self._field(target, definition, name) or self._inherited(target, definition, name)

    def _field(self, target: Target, owner: Definition, name: str) -> Targets:
        outline = self.project.outline(target.path)
        language = self.project.front_end(target.path)
        bindings = [
            binding
            for receiver in (language.receivers if language else ())
            for binding in outline.bound.get(f"{receiver}.{name}", ())
            if owner.holds(binding.line)
        ]
        return tuple(new for b in bindings[:4] for new in self.targets(target.path, b.chain, b.line))

    def _inherited(self, target: Target, owner: Definition, name: str) -> Targets:
        key = (target.path, owner.qualname, name)
        if key in self._ancestry:  # a class that is its own ancestor, or cousins that meet again
            return ()
        self._ancestry.add(key)
        try:
            parents = [p for base in owner.bases for p in self.targets(target.path, base, owner.line) if p.is_class]
            return next((found for parent in parents if (found := self._member(parent, name))), ())
        finally:
            self._ancestry.discard(key)


def _enclosing_class(outline: Outline, line: int) -> Definition | None:
    return next((d for d in outline.around(line) if d.kind is Kind.CLASS), None)


def _is_fixture(target: Target) -> bool:
    return target.definition is not None and target.definition.kind in (Kind.FIXTURE, Kind.HOOK, Kind.TEST)


def _scoped(named: list[Definition], outline: Outline, line: int) -> list[Definition]:
    top = [d for d in named if "." not in d.qualname]
    if top or not named:
        return top
    scopes = [d.qualname for d in outline.around(line)]
    return [d for d in named if d.qualname.rpartition(".")[0] in scopes]


def _visible_bindings(outline: Outline, bindings: list[Binding], line: int) -> list[Binding]:
    """Those of the innermost scope around ``line``; a hook's are for everybody, another function's for nobody."""
    if not bindings:
        return []
    ranked: list[tuple[int, Binding]] = []
    for binding in bindings:
        owner = next((d for d in outline.around(binding.line) if d.kind is not Kind.CLASS), None)
        if owner is None or owner.kind is Kind.HOOK:
            ranked.append((1 << 30, binding))
        elif owner.holds(line):
            ranked.append((owner.end_line - owner.line, binding))
    nearest = min((size for size, _ in ranked), default=0)
    return [binding for size, binding in ranked if size == nearest]
