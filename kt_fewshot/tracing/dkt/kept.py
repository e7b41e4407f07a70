"""`Kept`: what a network computes of its weights alone, computed once while they stay as they are."""

from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar, final

import torch
from torch import Tensor, nn

T = TypeVar("T")


@final
class Kept(Generic[T]):
    """Something computed of the parameters of modules, kept from one call to the next; a copy of it begins empty.

    A parameter that was replaced, moved or changed in place since is noticed: by which tensor it is, by where that
    lies, and by torch's count of its changes. A module that takes the place of another is not.

    Example:
        >>> import torch
        >>> layer, kept = torch.nn.Linear(1, 1), Kept()
        >>> with torch.no_grad():
        ...     first, again = (kept.of([layer], lambda: 2 * layer.weight) for _ in range(2))
        >>> first is again
        True
        >>> with torch.no_grad():
        ...     kept.of([layer.double()], lambda: 2 * layer.weight).dtype
        torch.float64
    """

    def __init__(self) -> None:
        self._found: T | None = None
        self._seen: list[_Seen] = []

    def of(self, modules: Iterable[nn.Module], compute: Callable[[], T]) -> T:
        """The same as `compute()`; for where no gradient is wanted.

        Args:
            modules: the same ones at each call; with those within them they have all the parameters it depends on.
            compute: what gives it.
        """
        if self._found is None or not all(map(_as_it_was, self._seen)):
            parts = [part for module in modules for part in module.modules()]
            self._seen = [_Seen.of(part, name) for part in parts for name in _own(part)]
            self._found = compute()
        return self._found

    def __reduce__(self) -> tuple[type["Kept"], tuple[()]]:
        """Nothing is copied."""
        return Kept, ()


def _own(module: nn.Module) -> list[str]:
    """Names of the parameters that are the module's, not those of modules within it."""
    return [name for name, parameter in module._parameters.items() if parameter is not None]


class _Seen(NamedTuple):
    """A parameter when it was used. The view holds on to its storage, so that no other can come to lie there.

    `version` is None where torch does not count changes.
    """

    named: dict[str, nn.Parameter | None]
    name: str
    parameter: Tensor
    view: Tensor
    place: int
    version: int | None

    @classmethod
    def of(cls, module: nn.Module, name: str) -> "_Seen":
        parameter = module._parameters[name]
        assert parameter is not None
        version = None if torch.is_inference(parameter) else parameter._version
        return cls(module._parameters, name, parameter, parameter.detach(), parameter.data_ptr(), version)


def _as_it_was(seen: _Seen) -> bool:
    named, name, parameter, _, place, version = seen
    return (
        named[name] is parameter
        and (version is None or parameter._version == version)
        and parameter.data_ptr() == place
    )
