"""Dynamic evaluation: it learns as it reads, and judges before it learns."""

import copy

import numpy as np
import torch
import torch.nn.functional as F

from guina.jobs.write.adapting import dynamic_nats
from guina.nets.language import Language, Shape
from guina.nets.reading import carried_nats


def model() -> Language:
    torch.manual_seed(0)
    net = Language(Shape(11, embedding=8, hidden=12, layers=2, rows=64))
    with torch.no_grad():  # as if it had learned: tables and taps are no zeros
        for weight in net.parameters():
            weight.add_(0.3 * torch.randn_like(weight))
    return net.eval()


def text(n: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 11, n)


def test_it_learns_as_it_reads_and_leaves_the_network_alone():
    net = model()
    before = {name: weight.clone() for name, weight in net.state_dict().items()}
    units = np.tile(text(10), 60)
    with torch.inference_mode():
        plain, adapted = carried_nats(net, units), dynamic_nats(net, units, rate=0.5)
    assert len(adapted) == len(plain)
    assert adapted[-100:].mean() < 0.7 * plain[-100:].mean()
    torch.testing.assert_close(adapted[:32], plain[:32], rtol=1e-3, atol=1e-3)  # nothing learned yet
    for name, weight in net.state_dict().items():
        assert torch.equal(weight, before[name]), name


def test_it_is_a_plain_loop_of_clipped_gradient_steps():
    net, units = model().double(), text(45)  # two windows and a rest
    theirs, memory, expected = copy.deepcopy(net), None, []
    sgd = torch.optim.SGD(theirs.parameters(), 0.3)
    for start in range(0, 44, 20):
        piece = torch.from_numpy(units[None, start : start + 21])
        logits, memory = theirs(piece[:, :-1], memory)
        memory = {name: value.detach() for name, value in memory.items()}
        nats = F.cross_entropy(logits[0].float(), piece[0, 1:], reduction="none")
        expected.append(nats.detach())
        sgd.zero_grad()
        nats.mean().backward()
        torch.nn.utils.clip_grad_norm_(theirs.parameters(), 1.0)
        sgd.step()
    torch.testing.assert_close(dynamic_nats(net, units, rate=0.3, window=20), torch.cat(expected))
