"""Small networks that learn for a few seconds, so that cells can be compared."""

import numpy as np
import torch
import torch.nn.functional as F

from guina.jobs.write.inside import learn_quickly
from guina.nets.language import Language, Shape


def test_small_networks_learn_quickly_and_leave_the_random_state_alone():
    units = torch.from_numpy(np.tile(np.arange(11), 5)[None, :34]).repeat(4, 1)
    state = torch.random.get_rng_state()
    with torch.inference_mode():
        net = learn_quickly(Shape(11), "gru", [units] * 60)
    assert torch.equal(state, torch.random.get_rng_state())
    logits, _ = net(units[:, :-1])
    assert (logits.argmax(-1) == units[:, 1:]).float().mean() > 0.95


def test_they_learn_as_torchs_adam_does():
    windows = list(torch.randint(7, (5, 3, 17), generator=torch.Generator().manual_seed(0)))
    ours = learn_quickly(Shape(7), "gru", windows)
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        theirs = Language(Shape(7, 64, 128, 1, "gru", grams=(), dropout=0.0))
    adam = torch.optim.Adam(theirs.parameters(), 4e-3)
    for n, window in enumerate(windows):
        adam.param_groups[0]["lr"] = 4e-3 * (1 - n / 5)
        adam.zero_grad()
        F.cross_entropy(theirs(window[:, :-1])[0].flatten(0, 1), window[:, 1:].flatten()).backward()
        torch.nn.utils.clip_grad_norm_(theirs.parameters(), 1.0)
        adam.step()
    for (name, a), b in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-5, msg=name)
