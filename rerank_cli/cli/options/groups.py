"""Groups of options that several commands share: declared once, passed as one object."""

import inspect
from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

Group = Callable[..., object]
"""Makes an object of options: its parameters are declared as a command's are."""


def with_groups(
    *, without: Collection[str] = (), **groups: Group
) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Give a command the options of groups, in place of the parameters of the groups' names.

    The command gets what each group makes of its options. `without` names options that this
    command does not have; the group's default stands for them.
    """
    members = {
        name: {each.name: each for each in _parameters(group) if each.name not in without}
        for name, group in groups.items()
    }

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        own = {each.name: each for each in _parameters(command)}
        declared: dict[str, inspect.Parameter] = {}
        for name, parameter in own.items():
            declared.update(members.get(name, {name: parameter}))

        @wraps(command)
        def called(**options: Any) -> int:
            made = {
                name: group(**{each: options[each] for each in members[name]})
                for name, group in groups.items()
            }
            return command(**{name: made[name] if name in made else options[name] for name in own})

        # What Typer reads.
        called.__signature__ = inspect.Signature(list(declared.values()))  # type: ignore[attr-defined]
        called.__annotations__ = {name: each.annotation for name, each in declared.items()}
        return called

    return decorate


def _parameters(function: Callable[..., object]) -> list[inspect.Parameter]:
    parameters = inspect.signature(function).parameters.values()
    return [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters]
