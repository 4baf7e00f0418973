"""JSON to dataclasses: what is unknown, missing or of another type is an error that names the place."""

import dataclasses
import types
import typing
from typing import Any, TypeVar

from .errors import UserError

T = TypeVar("T")


def camel(name: str) -> str:
    """`batch_size` as `batchSize`."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def parse(kind: type[T], value: Any, where: str) -> T:
    """A value as a dataclass whose fields are the JSON's, in snake case.

    Raises:
        UserError: with the path of the field, such as `parameters.lora.rank`.
    """
    return _value(kind, value, where)


def _value(kind: Any, value: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return value
    if dataclasses.is_dataclass(kind):
        return _object(kind, value, where)
    if origin in (types.UnionType, typing.Union):
        return _union(arguments, value, where)
    if origin is typing.Literal and value in arguments:
        return value
    if origin is list and isinstance(value, list):
        return [_value(arguments[0], item, f"{where}[{at}]") for at, item in enumerate(value)]
    if origin is dict and isinstance(value, dict):
        return {key: _value(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if kind in (int, str, bool) and type(value) is kind:
        return value
    if kind is type(None) and value is None:
        return None
    raise UserError(f"{where} is {value!r}, which is no {getattr(kind, '__name__', kind)}")


def _union(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    # The error of a union of one kind and None is the kind's own, which says more.
    kinds = tuple(kind for kind in kinds if kind is not type(None)) if value is not None else kinds
    errors = []
    for kind in kinds:
        try:
            return _value(kind, value, where)
        except UserError as error:
            errors.append(str(error))
    raise UserError("; ".join(errors))


def _object(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise UserError(f"{where} is {value!r}, and should be an object")
    hints = typing.get_type_hints(kind)
    fields = {camel(field.name): field for field in dataclasses.fields(kind)}
    unknown = sorted(set(value) - set(fields))
    if unknown:
        raise UserError(f"{where}.{unknown[0]} is not known; there are {', '.join(sorted(fields))}")
    given = {}
    for key, field in fields.items():
        if key in value:
            given[field.name] = _value(hints[field.name], value[key], f"{where}.{key}")
        elif field.default is dataclasses.MISSING:
            raise UserError(f"{where}.{key} is missing")
    return kind(**given)
