"""Layers by name: one name for the whole network, or one for each layer, as in "relu,relu,tanh"."""

from collections.abc import Collection

from guina.errors import GuinaError, did_you_mean


def one_each(what: str, names: str, choices: Collection[str], layers: int) -> list[str]:
    """The name for each of the layers.

    Args:
        what: what is named, for messages: "activation".
        names: a name for all layers, or as many as there are layers, with commas.
        choices: the names there are.
        layers: how many names are needed.

    Raises:
        GuinaError: there is no such name, or the number of names is wrong.

    Example:
        >>> one_each("activation", "relu", ["relu", "tanh"], 3)
        ['relu', 'relu', 'relu']
    """
    listed = [name.strip() for name in names.split(",")]
    for name in listed:
        if name not in choices:
            raise GuinaError(
                f'there is no {what} "{name}"', f"one of {', '.join(choices)}", did_you_mean(name, choices)
            )
    if len(listed) == 1:
        return listed * layers
    if len(listed) != layers:
        raise GuinaError(
            f'"{names}" names the {what} of {len(listed)} layers, and this network has {layers}',
            f"one name for all layers, or {layers} names with commas",
            f'say "{listed[0]}", or list {layers}',
        )
    return listed
