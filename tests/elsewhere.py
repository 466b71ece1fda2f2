"""A second device without a GPU: tensors that are said to lie elsewhere, and an error where they meet others.

Inside `Elsewhere()` a tensor that was sent to "cuda" stays in memory, but says that it is on that device; an operation
on tensors of both places is the error that it is on a GPU, and so is taking such a tensor to numpy. What torch allows
is allowed: a number in a tensor (no axes) meets everything, an index may lie in memory, `copy_` copies between both.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

THERE, HERE = torch.device("cuda:0"), torch.device("cpu")
BETWEEN = {"copy_", "set_", "__set__", "__setitem__"}  # what may have tensors of both
TO_MEMORY = {"numpy", "__array__", "__dlpack__"}


class WrongPlace(AssertionError):
    """Tensors of two devices met."""


def is_there(tensor: Tensor) -> bool:
    return getattr(tensor, "_elsewhere", False)


def tensors_of(value: Any) -> Iterator[Tensor]:
    """The tensors in arguments or results."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        yield from tensors_of(list(value.values()))
    elif isinstance(value, Sequence) and not isinstance(value, str | torch.Size):
        for part in value:
            yield from tensors_of(part)


def mark(value: Any, there: bool) -> Any:
    for tensor in tensors_of(value):
        tensor._elsewhere = there  # pyright: ignore[reportAttributeAccessIssue]
    return value


def move(*nets: nn.Module) -> None:
    """Say that networks lie elsewhere."""
    for net in nets:
        mark([*net.parameters(), *net.buffers()], True)


def device_in(value: Any) -> torch.device | None:
    """The device that an argument names."""
    if isinstance(value, torch.device):
        return value
    return torch.device(value) if isinstance(value, str) and value.split(":")[0] in ("cpu", "cuda") else None


class Elsewhere(TorchFunctionMode):
    """Inside, tensors have places; see `move`."""

    def __enter__(self) -> "Elsewhere":
        """Two things of networks pass by the functions of torch: copies of weights, and their being sent."""
        self.copied, self.sent = nn.Parameter.__deepcopy__, nn.Module.to

        def to(net: nn.Module, *args: Any, **kwargs: Any) -> nn.Module:
            like, device = next(tensors_of(args), None), next(filter(None, map(device_in, args)), None)
            there = device.type == "cuda" if device is not None else like is not None and is_there(like)
            kept = [HERE if device_in(value) is not None else value for value in args]
            result = self.sent(net, *kept, **kwargs)
            if like is not None or device is not None:
                mark([*net.parameters(), *net.buffers()], there)
            return result

        nn.Parameter.__deepcopy__ = lambda weight, memo: mark(self.copied(weight, memo), is_there(weight))
        nn.Module.to = to  # pyright: ignore[reportAttributeAccessIssue]
        return super().__enter__()

    def __exit__(self, *why: Any) -> None:
        nn.Parameter.__deepcopy__, nn.Module.to = self.copied, self.sent
        super().__exit__(*why)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        if func == torch.Tensor.device.__get__:
            return THERE if is_there(args[0]) else HERE
        if name == "__get__" and func in (torch.Tensor.is_cuda.__get__, torch.Tensor.is_cpu.__get__):
            return is_there(args[0]) == (func == torch.Tensor.is_cuda.__get__)
        given = list(tensors_of([args, kwargs]))
        there = any(map(is_there, given))
        if name == "cpu":
            return mark(args[0].clone(), False)
        if name in TO_MEMORY and there:
            raise WrongPlace(f"{name} of a tensor on {THERE}")
        self.check(name, args, kwargs, given)
        named = [device for value in (*args, *kwargs.values()) if (device := device_in(value)) is not None]
        if named:
            there = named[0].type == "cuda"
            args = tuple(HERE if device_in(value) is not None else value for value in args)
            kwargs = {key: HERE if device_in(value) is not None else value for key, value in kwargs.items()}
        elif name == "to" and len(given) == 2:
            there = is_there(given[1])
        generator = kwargs.get("generator")
        if there and isinstance(generator, torch.Generator):
            raise WrongPlace(f"{name} on {THERE} with a generator on {generator.device}")
        result = func(*args, **kwargs)
        if result is None or name in BETWEEN:
            return result
        if name == "to" and result is args[0] and is_there(result) != there:
            result = result.clone()  # a copy elsewhere leaves what it is a copy of
        return mark(result, there)

    def check(self, name: str, args: Any, kwargs: Any, given: list[Tensor]) -> None:
        """Raise unless these tensors may meet."""
        if name in BETWEEN or name == "to":
            return
        if name == "__getitem__" and is_there(args[0]):  # an index may lie in memory
            return
        places = {is_there(tensor) for tensor in given if tensor.dim() > 0}
        if len(places) > 1:
            shapes = [(tuple(t.shape), str(t.dtype), "there" if is_there(t) else "here") for t in given]
            raise WrongPlace(f"{name}: {shapes}")
