"""The part of JSON Schema our schemas use, compiled to closures that answer only valid or not.

Most files are valid; saying so must cost next to nothing. What is wrong is explained elsewhere
(`reconciler.spec.schema`), with the same meaning: a test compares the two. A keyword that is not
known here is an error when the schema is compiled, never ignored.

All scalars are text. A boolean is the plain text ``true`` or ``false``, an integer or a number
plain text of that form, and text of any form is a string. Bounds compare numbers whether quoted or
not, as money may be.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from reconciler.spec.text_types import as_number, is_type, literal_text, same_literal

__all__ = ["Check", "UnknownKeyword", "compile_check"]

Check = Callable[[Any], bool]

ANNOTATIONS = frozenset(
    ("$schema", "$id", "$defs", "$comment", "title", "description", "examples", "default")
)


class UnknownKeyword(ValueError):
    """A schema uses what this compiler does not know."""


def compile_check(schema: Mapping[str, Any], *, at: str = "") -> Check:
    """Return the check of a schema, or of one definition in it, such as ``#/$defs/order``."""
    compiler = _Compiler(schema)
    return compiler.reference(at) if at else compiler.check(schema)


class _Compiler:
    def __init__(self, root: Mapping[str, Any]) -> None:
        _refuse_unknown_keywords(root)
        self._root = root
        self._references: dict[str, Check] = {}

    def check(self, schema: Any) -> Check:
        """Compile one schema: the checks of its keywords, all of which must hold."""
        if isinstance(schema, bool):
            return _always if schema else _never
        return _all(
            tuple(
                check
                for keyword, make in _KEYWORDS.items()
                if keyword in schema and (check := make(self, schema, schema[keyword])) is not None
            )
        )

    def reference(self, target: str) -> Check:
        """Compile what a local reference points at, once."""
        if target not in self._references:
            node: Any = self._root
            if not target.startswith("#/"):
                raise UnknownKeyword(f"only local references are known, found {target}")
            for step in target[2:].split("/"):
                node = node[step]
            self._references[target] = self.check(node)
        return self._references[target]

    def object(self, schema: Mapping[str, Any], _value: Any) -> Check:
        """Compile all that looks at the properties of an object, in one pass over them."""
        properties = schema.get("properties", {})
        rest = self.check(schema.get("additionalProperties", True))
        name_check = self.check(schema["propertyNames"]) if "propertyNames" in schema else None
        required = frozenset(schema.get("required", ()))
        checks: list[Check] = []
        if required:
            checks.append(lambda value: required <= value.keys())
        if name_check is not None:
            checks.append(lambda value: all(map(name_check, value)))
        if properties:
            checks.append(self._properties(properties, rest))
        elif rest is not _always:
            checks.append(lambda value: all(map(rest, value.values())))
        return _if_object(_all(tuple(checks)))

    def _properties(self, schemas: Mapping[str, Any], rest: Check) -> Check:
        """Return the check of each property's value; it is compiled when the first one comes by."""
        known: dict[str, Check] = {}

        def check(value: Mapping[str, Any]) -> bool:
            for key, item in value.items():
                holds = known.get(key)
                if holds is None:
                    holds = known[key] = self.check(schemas[key]) if key in schemas else rest
                if not holds(item):
                    return False
            return True

        return check

    def conditional(self, schema: Mapping[str, Any], value: Any) -> Check:
        """Compile `if` with its `then` and `else`."""
        condition = self.check(value)
        then, otherwise = self.check(schema.get("then", True)), self.check(schema.get("else", True))
        return lambda instance: then(instance) if condition(instance) else otherwise(instance)


def _always(_value: Any) -> bool:
    return True


def _never(_value: Any) -> bool:
    return False


def _all(checks: tuple[Check, ...]) -> Check:
    match checks:
        case ():
            return _always
        case (only,):
            return only
        case (first, second):
            return lambda value: first(value) and second(value)
        case (first, second, third):
            return lambda value: first(value) and second(value) and third(value)
    first, second, third = checks[:3]
    rest = _all(checks[3:])
    return lambda value: first(value) and second(value) and third(value) and rest(value)


def _if_object(check: Check) -> Check:
    return lambda value: not isinstance(value, dict) or check(value)


def _type(_compiler: _Compiler, _schema: Mapping[str, Any], value: Any) -> Check:
    names = (value,) if isinstance(value, str) else tuple(value)
    if "string" in names and not {"object", "array"} & set(names):
        return _is_text
    return _TYPES[names[0]] if len(names) == 1 else _any_type(names)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _any_type(names: tuple[str, ...]) -> Check:
    return lambda instance: any(is_type(instance, name) for name in names)


# A scalar that was quoted has a type of its own, and so is neither a boolean nor an integer.
_TYPES: dict[str, Check] = {
    "object": lambda instance: isinstance(instance, dict),
    "array": lambda instance: isinstance(instance, list),
    "boolean": lambda instance: type(instance) is str and instance in ("true", "false"),
    "integer": lambda instance: is_type(instance, "integer"),
    "number": lambda instance: is_type(instance, "number"),
}


def _enum(_compiler: _Compiler, _schema: Mapping[str, Any], value: Any) -> Check:
    words = frozenset(value)
    if not all(isinstance(word, str) for word in words):
        raise UnknownKeyword("enum of anything but text")
    return lambda instance: isinstance(instance, str) and instance in words


def _const(_compiler: _Compiler, _schema: Mapping[str, Any], value: Any) -> Check:
    literal_text(value)
    return lambda instance: same_literal(instance, value)


def _pattern(_compiler: _Compiler, _schema: Mapping[str, Any], value: str) -> Check:
    if not (value.startswith("^") and value.endswith("$")):
        raise UnknownKeyword("a pattern that is not anchored at both ends")
    match = re.compile(value[1:-1], re.ASCII).fullmatch
    return lambda instance: not isinstance(instance, str) or match(instance) is not None


def _length(_compiler: _Compiler, _schema: Mapping[str, Any], value: int) -> Check:
    return lambda instance: not isinstance(instance, str) or len(instance) <= value


def _bound(holds: Callable[[Decimal, int], bool]) -> "_Maker":
    def make(_compiler: _Compiler, _schema: Mapping[str, Any], value: int) -> Check:
        def check(instance: Any) -> bool:
            number = as_number(instance)
            return number is None or holds(number, value)

        return check

    return make


def _above(_compiler: _Compiler, _schema: Mapping[str, Any], value: int) -> Check:
    """Compile `exclusiveMinimum`; only zero is known, which needs no arithmetic."""
    if value != 0:
        raise UnknownKeyword("exclusiveMinimum of anything but 0")
    return lambda instance: (
        not isinstance(instance, str) or bool(instance.strip("0.")) or as_number(instance) is None
    )


def _count(
    kind: type[dict[str, Any]] | type[list[Any]], holds: Callable[[int, int], bool]
) -> "_Maker":
    def make(_compiler: _Compiler, _schema: Mapping[str, Any], value: int) -> Check:
        return lambda instance: not isinstance(instance, kind) or holds(len(instance), value)

    return make


def _items(compiler: _Compiler, _schema: Mapping[str, Any], value: Any) -> Check:
    item = compiler.check(value)
    return lambda instance: not isinstance(instance, list) or all(map(item, instance))


def _one_of(compiler: _Compiler, _schema: Mapping[str, Any], value: Any) -> Check:
    branches = tuple(compiler.check(sub) for sub in value)
    return lambda instance: sum(branch(instance) for branch in branches) == 1


def _reference(compiler: _Compiler, _schema: Mapping[str, Any], value: str) -> Check:
    return compiler.reference(value)


def _dependent(_compiler: _Compiler, _schema: Mapping[str, Any], value: Any) -> Check:
    needs = tuple((key, frozenset(others)) for key, others in value.items())
    return _if_object(
        lambda instance: all(
            key not in instance or others <= instance.keys() for key, others in needs
        )
    )


_Maker = Callable[[_Compiler, Mapping[str, Any], Any], Check | None]


def _once(*keywords: str) -> _Maker:
    """Return the maker of the object pass, or of nothing after one of these keywords."""

    def make(compiler: _Compiler, schema: Mapping[str, Any], value: Any) -> Check | None:
        return (
            None
            if any(keyword in schema for keyword in keywords)
            else compiler.object(schema, value)
        )

    return make


# Cheap ones first, and `type` before what relies on it. The four keywords of the object pass share
# one check.
_KEYWORDS: dict[str, _Maker] = {
    "type": _type,
    "const": _const,
    "enum": _enum,
    "maxLength": _length,
    "pattern": _pattern,
    "exclusiveMinimum": _above,
    "minimum": _bound(lambda number, bound: number >= bound),
    "maximum": _bound(lambda number, bound: number <= bound),
    "minItems": _count(list, lambda count, bound: count >= bound),
    "maxItems": _count(list, lambda count, bound: count <= bound),
    "minProperties": _count(dict, lambda count, bound: count >= bound),
    "maxProperties": _count(dict, lambda count, bound: count <= bound),
    "items": _items,
    "$ref": _reference,
    "properties": _once(),
    "required": _once("properties"),
    "additionalProperties": _once("properties", "required"),
    "propertyNames": _once("properties", "required", "additionalProperties"),
    "dependentRequired": _dependent,
    "oneOf": _one_of,
    "if": _Compiler.conditional,
}
_PARTNERS = frozenset(("then", "else"))
_MAPS_OF_SCHEMAS = ("$defs", "properties")
_SCHEMAS = ("items", "additionalProperties", "propertyNames", "if", "then", "else")


def _refuse_unknown_keywords(schema: Any) -> None:
    """Raise `UnknownKeyword` for any that stands anywhere in a schema."""
    if isinstance(schema, bool):
        return
    unknown = sorted(schema.keys() - ANNOTATIONS - _KEYWORDS.keys() - _PARTNERS)
    if unknown:
        raise UnknownKeyword(f"unknown keyword {unknown[0]}")
    inner = [schema[keyword] for keyword in _SCHEMAS if keyword in schema]
    inner += schema.get("oneOf", ())
    for keyword in _MAPS_OF_SCHEMAS:
        inner += schema.get(keyword, {}).values()
    for part in inner:
        _refuse_unknown_keywords(part)
