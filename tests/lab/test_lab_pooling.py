"""Changed answers by brute force, heads by hand, and what is said of numbers."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from guina.errors import GuinaError
from guina.lab.experiment import Row, Trial
from guina.lab.pooling import FACTORS, MOVES, Pooling, PoolingSettings, by_factor, by_move, network
from guina.nets.convnet import architecture


def made(pooling: str, head: str, pixels: int = 16) -> tuple[torch.nn.Module, torch.Tensor]:
    torch.manual_seed(0)
    x = torch.randn(12, 1, pixels, pixels, generator=torch.Generator().manual_seed(1))
    return network(architecture("tiny", (pixels, pixels, 1), 3, "relu", pooling, "none"), head, x).eval(), x


def rows(head: str = "", **numbers: tuple[float, float, float, float, float]) -> list[Row]:
    """Made-up trials of two seeds: max=(parameters, accuracy, gap, moved, resized) ± .001."""
    names = ("parameters", "accuracy", "gap", "moved", "resized")
    shows = {name: np.array([[0, 1], [0.1, 0.2]]) for name in ("accuracy", "moved", "resized")}

    def trial(values: tuple[float, ...], off: float) -> Trial:
        return Trial(
            {name: value + off * (name != "parameters") for name, value in zip(names, values, strict=True)}, shows
        )

    return [
        Row({"pooling": kind} | ({"head": head} if head else {}), [trial(values, 0.001), trial(values, -0.001)])
        for kind, values in numbers.items()
    ]  # fmt: skip


def test_a_trial_is_a_function_of_the_seed():
    settings = PoolingSettings(pooling="average", pixels=0, examples=60, batch=16)
    one, again, other = (Pooling().run(settings, seed, steps=8) for seed in (1, 1, 2))
    assert one.metrics | {"seconds": 0} == again.metrics | {"seconds": 0}
    assert one.metrics | {"seconds": 0} != other.metrics | {"seconds": 0}
    np.testing.assert_array_equal(one.shows["moved"], again.shows["moved"])
    assert set(Pooling.metrics) == set(one.metrics)


def test_answers_changed_by_shifts_are_those_of_brute_force():
    net, x = made("max", "flat")
    before = [int(net(x[n : n + 1]).argmax()) for n in range(len(x))]
    for pixels, share in zip(MOVES.tolist(), by_move(net, x), strict=True):
        changes = 0
        for down, across in ((pixels, 0), (-pixels, 0), (0, pixels), (0, -pixels)):
            for n, answer in enumerate(before):
                moved = torch.empty(1, 1, 16, 16)
                for i, j in np.ndindex(16, 16):
                    moved[0, 0, i, j] = x[n, 0, min(15, max(0, i - down)), min(15, max(0, j - across))]
                changes += int(net(moved).argmax()) != answer
        assert share == pytest.approx(changes / 4 / len(x))


def test_answers_changed_by_sizes_are_those_of_brute_force():
    """Half the size: a place of the picture shows the place twice as far from the middle, bilinearly."""
    net, x = made("average", "global")
    shares = by_factor(net, x)
    assert shares[FACTORS == 1].tolist() == [0]
    padded = F.pad(x, (8, 8, 8, 8), mode="replicate")
    half = F.avg_pool2d(padded, 2)  # at even sides the points lie midway between pixels
    theirs = (net(half).argmax(1) != net(x).argmax(1)).float().mean().item()
    assert shares[0] == pytest.approx(theirs)


def test_a_flat_head_hears_every_place_and_a_global_one_the_largest_value():
    for pooling, places in (("none", 64), ("max", 16)):
        (flat, x), (plain, _) = made(pooling, "flat"), made(pooling, "global")
        body = flat[0]
        maps = body[2](body[1](body[0](x)))
        assert maps[0, 0].numel() == places
        torch.testing.assert_close(flat(x), maps.flatten(1) @ flat[1].weight.T)
        assert flat[1].weight.numel() == 3 * 32 * places
        maps = plain.body(plain.act(plain.first(x)))
        torch.testing.assert_close(plain(x), maps.flatten(2).max(2).values @ plain.head.weight.T)


def test_the_numbers_of_a_trial_belong_together():
    trial = Pooling().run(
        PoolingSettings(pooling="stride", head="global", pixels=0, examples=40, rate=0.05), 0, steps=6
    )
    moved, resized = trial.shows["moved"][1], trial.shows["resized"][1]
    assert trial.metrics["moved"] == pytest.approx(moved[1:].mean())
    assert trial.metrics["resized"] == pytest.approx(np.delete(resized, 5).mean())
    convolutions, biases = 2 * 16 * 16 * 9 + 32 * 16 * 9 + 32 * 32 * 9, 16 + 2 * 16 + 2 * 32
    assert trial.metrics["parameters"] == convolutions + biases + 32 * 10
    assert -1 <= trial.metrics["gap"] <= 1


def test_it_says_which_rules_hold():
    told = Pooling().says(
        rows(
            none=(90_000, 0.9, 0.1, 0.4, 0.4),
            stride=(40_000, 0.9, 0.1, 0.4, 0.4),
            average=(40_000, 0.9, 0.1, 0.2, 0.2),
            max=(40_000, 0.95, 0.05, 0.2, 0.2),
        )
    )
    assert told.startswith("Max beside none has 40,000 parameters rather than 90,000, a gap of 5.0% rather than 10.0%")
    assert "shifts change 20% of the answers rather than 40%" in told
    assert "accuracy is none 90.0%, stride 90.0%, average 90.0% and max 95.0%" in told
    assert "all holds: fewer parameters, less learned by heart" in told
    assert "more accurate than average and more accurate than stride" in told


def test_it_says_which_rules_do_not():
    same = (40_000, 0.9, 0.1, 0.4, 0.4)
    told = Pooling().says(rows(none=same, average=(40_000, 0.99, 0.01, 0.1, 0.1), max=same))
    assert "nothing holds: fewer parameters, less learned by heart" in told
    mixed = Pooling().says(rows(none=(90_000, *same[1:]), max=same))
    assert "this holds: fewer parameters; and this does not: less learned by heart, fewer answers" in mixed
    assert Pooling().says(rows(none=same, stride=same)).startswith("Stride beside none has 40,000 parameters")


def test_it_says_so_for_each_head():
    same = (40_000, 0.9, 0.1, 0.4, 0.4)
    found = rows("flat", none=same, max=same) + rows("global", none=same, max=same)
    told = Pooling().says(found)
    assert told.startswith("With head flat max")
    assert "; with head global max" in told
    assert len(Pooling().panels(found)) == 6


def test_one_seed_or_other_swaps_are_no_verdict_on_the_textbook():
    some = rows(none=(9, 0.9, 0.1, 0.4, 0.4), max=(4, 0.95, 0.05, 0.2, 0.2))
    assert "one seed says nothing" in Pooling().says([Row(row.swap, row.trials[:1]) for row in some])
    assert "textbook" not in Pooling().says(some[1:])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (PoolingSettings(pooling="maximum"), "none"),
        (PoolingSettings(pooling="strides"), "did you mean stride"),
        (PoolingSettings(head="flatt"), "did you mean flat"),
        (PoolingSettings(norm="batches"), "did you mean batch"),
        (PoolingSettings(activation="rellu"), "did you mean relu"),
        (PoolingSettings(size="tinny"), "did you mean tiny"),
        (PoolingSettings(examples=-1), "examples -1"),
        (PoolingSettings(optimizer="moun"), "did you mean muon"),
        (PoolingSettings(rate=-1.0), "rate -1"),
        (PoolingSettings(batch=0), "batch 0"),
    ],
)
def test_what_there_is_not_is_an_error(settings, message):
    with pytest.raises(GuinaError, match=message):
        Pooling().check(settings)
