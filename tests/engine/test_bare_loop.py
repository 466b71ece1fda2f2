"""The engine's steps are those of a loop that anybody would write by hand."""

from pathlib import Path

import torch
import torch.nn.functional as F
from test_optim import plain_muon
from torch import nn

import running
import toys
from guina.answering.base import Fitted
from guina.engine.checkpoint import Checkpoints
from guina.engine.train import build_nets
from guina.runtime import Runtime, derive

STEPS = 20


def final(out: Path, net: nn.Module) -> None:
    """The weights of a run's last step, into a network."""
    state = Checkpoints(out / "checkpoints").read(f"step-{STEPS}")
    weights = {k.removeprefix("nets/net/"): v for k, v in state.tensors.items() if k.startswith("nets/net/")}
    assert weights.keys() == dict(net.named_parameters()).keys() | dict(net.named_buffers()).keys()  # tied ones once
    for name, tensor in [*net.named_parameters(), *net.named_buffers()]:
        tensor.data.copy_(weights[name])


def start(kind):
    """A toy, its training arrays, and its network as every run with seed 0 begins."""
    job = kind(kind.Settings(), Fitted())
    arrays = job.arrays(job.read("1", ("train",)).only("train"))
    return job, arrays, build_nets(job, arrays, Runtime(precision="float64"), 0)["net"]


def triangle(step: int) -> float:
    """Up over a tenth of the training, down to zero over the rest; a step's rate is that of its middle."""
    done = (step + 0.5) / STEPS
    return done / 0.1 if done < 0.1 else (1 - done) / 0.9


def assert_equal(net: nn.Module, other: nn.Module) -> None:
    for (name, ours), theirs in zip(net.state_dict().items(), other.state_dict().values(), strict=True):
        assert torch.allclose(ours, theirs, rtol=0, atol=1e-12), name


def test_ctc_with_adamw(tmp_path: Path) -> None:
    running.train("toy-speech", tmp_path / "run", steps=STEPS, precision="float64")
    job, arrays, net = start(toys.ToySpeech)
    order = job.order(arrays, job.phases()[0])
    adam = torch.optim.AdamW(net.parameters(), betas=(0.9, 0.99), weight_decay=0.0)
    for step in range(STEPS):
        texts, waves = (
            [torch.from_numpy(row) for row in arrays.values(what, order.at(derive(0, "order", 0), step).index_B)]
            for what in ("text", "wave")
        )
        total = torch.zeros((), dtype=torch.float64)
        width = max(map(len, waves))
        for text, wave in zip(texts, waves, strict=True):
            padded = F.pad(wave, (0, width - len(wave)))  # the padding is seen by the filters, as in the batch
            log_TV = net(F.one_hot(padded, 5).double().T[None])[0].T.log_softmax(-1)[: len(wave)]
            total += F.ctc_loss(log_TV, text, torch.tensor(len(wave)), torch.tensor(len(text)), reduction="sum")
        adam.zero_grad()
        (total / sum(map(len, texts))).backward()
        for group in adam.param_groups:
            group["lr"] = 1e-2 * triangle(step)
        adam.step()
    trained = job.build()["net"].double()
    final(tmp_path / "run", trained)
    assert_equal(net, trained)


def test_a_stream_with_muon_clipping_and_carried_state(tmp_path: Path) -> None:
    class NoDropout(toys.ToyStream):  # a plain loop has no reason to draw dropout's numbers as the engine does
        def run(self, net, x_BT, h):
            y_BTH, h = net["gru"](net["in"](x_BT), h)
            return net["out"](y_BTH), h

    running.train(NoDropout, tmp_path / "run", steps=STEPS, precision="float64")
    job, arrays, net = start(NoDropout)
    stream, lanes, window = arrays.all("x"), job.lanes, job.window
    order = job.order(arrays, job.phases()[0])
    matrices = [w for n, w in net.named_parameters() if w.ndim == 2 and n != "in.weight"]
    rest = [w for n, w in net.named_parameters() if w.ndim == 1 or n == "in.weight"]
    adam = torch.optim.AdamW(rest, betas=(0.9, 0.99), weight_decay=0.0)
    momenta = [torch.zeros_like(w) for w in matrices]
    h = None
    for step in range(STEPS):
        places = order.at(derive(0, "order", 0), step).index_B
        x = torch.stack([torch.from_numpy(stream[p : p + window]) for p in places])
        y = torch.stack([torch.from_numpy(stream[p + 1 : p + 1 + window]) for p in places])
        y_BTH, h = net["gru"](net["in"](x), h)
        h = h.detach()
        net.zero_grad()
        F.cross_entropy(net["out"](y_BTH).reshape(lanes * window, 5), y.reshape(-1)).backward()
        norm = sum(float((w.grad**2).sum()) for w in net.parameters()) ** 0.5
        if norm > 1.0:
            for w in net.parameters():
                w.grad /= norm
        for group in adam.param_groups:
            group["lr"] = 3e-3 * triangle(step)
        adam.step()
        for w, momentum in zip(matrices, momenta, strict=True):
            plain_muon(w, momentum, 0.02 * triangle(step), 0.9, 0.0)
    trained = job.build()["net"].double()
    final(tmp_path / "run", trained)
    assert_equal(net, trained)
