"""Adam against torch's own."""

import pytest
import torch

from guina.nets.adam import Adam


@pytest.mark.parametrize("clip", [None, 0.5])
def test_against_torch(clip):
    torch.manual_seed(0)
    x_ND, y_N = torch.randn(64, 5), torch.randn(64)
    start = torch.randn(5), torch.randn(1)
    ours, theirs = ([w.clone().requires_grad_() for w in start] for _ in range(2))
    adam, reference = Adam(ours, 0.05), torch.optim.Adam(theirs, 0.05)
    for n in range(40):
        adam.rate = reference.param_groups[0]["lr"] = 0.05 * (1 - n / 40)
        adam.step(((x_ND @ ours[0] + ours[1] - y_N) ** 2).mean(), clip)
        reference.zero_grad()
        ((x_ND @ theirs[0] + theirs[1] - y_N) ** 2).mean().backward()
        if clip:
            torch.nn.utils.clip_grad_norm_(theirs, clip)
        reference.step()
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)
