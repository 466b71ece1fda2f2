"""The writer of captions: word by word, by its equations in a plain loop, apart from others, and its gradient."""

import pytest
import torch
import torch.nn.functional as F

from guina.losses import cross_entropy_sum
from guina.nets.captioner import Captioner, Shape

V, H, C, G, T = 23, 16, 6, 9, 5
Y, X, HEADS = 2, 3, 4


def model(seed: int = 0, **shape) -> Captioner:
    torch.manual_seed(seed)
    net = Captioner(
        Shape(**{"words": V, "places": (Y, X), "channels": C, "gist": G, "width": H, "heads": HEADS} | shape)
    )
    with torch.no_grad():  # as if it had learned
        for weight in net.parameters():
            weight.add_(0.2 * torch.randn_like(weight))
    return net.eval()


def pictures(count: int = 3, seed: int = 1) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """What is seen of some pictures, their gists, and a caption of each."""
    generator = torch.Generator().manual_seed(seed)
    map_BCYX = torch.randn(count, C, Y, X, generator=generator)
    return map_BCYX, torch.rand(count, G, generator=generator), torch.randint(V, (count, T), generator=generator)


def normed(x: torch.Tensor, norm: torch.nn.LayerNorm) -> torch.Tensor:
    x = (x - x.mean()) / (x.var(unbiased=False) + norm.eps).sqrt()
    return x * norm.weight + norm.bias


def by_hand(net: Captioner, map_CYX: torch.Tensor, gist_G: torch.Tensor, word_T: list[int]) -> tuple[list, list]:
    """Logits and weights of one caption: each place, head and word by itself."""
    a, D = net.attention, H // HEADS
    places = [
        normed(net.look.weight @ map_CYX[:, y, x] + net.look.bias + net.where_SH[y * X + x], net.norm)
        for y in range(Y)
        for x in range(X)
    ]
    begun = net.begin.weight @ gist_G + net.begin.bias
    asks = {"h": begun[:H].tanh()[None], "c": begun[H:][None]}
    answers = {"h": torch.zeros(1, H), "c": torch.zeros(1, H)}
    logits, weights = [], []
    for word in word_T:
        asks, _ = net.asks.cell.step(net.embed.weight[word][None], asks)
        h, context, mean = asks["h"][0], torch.zeros(H), torch.zeros(len(places))
        for n in range(HEADS):
            part = slice(n * D, (n + 1) * D)
            fit = [(a.q.weight[part] @ h) @ (a.k.weight[part] @ place) / D**0.5 for place in places]
            weight = torch.stack(fit).softmax(0)
            mean += weight / HEADS
            context[part] = sum(w * (a.v.weight[part] @ place) for w, place in zip(weight, places, strict=True))
        answers, _ = net.answers.cell.step(torch.cat([h, context])[None], answers)
        out = net.bridge.weight @ torch.cat([h + answers["h"][0], context]) + net.bridge.bias
        logits.append(net.embed.weight @ out + net.bias)
        weights.append(mean)
    return logits, weights


def test_it_is_what_its_equations_say():
    net, (map_BCYX, gist_BG, word_BT) = model(), pictures()
    with torch.no_grad():
        logits_BTV, weight_BTS, _ = net.write(word_BT, net.see(map_BCYX, gist_BG))
        for b in range(3):
            logits, weights = by_hand(net, map_BCYX[b], gist_BG[b], word_BT[b].tolist())
            torch.testing.assert_close(logits_BTV[b], torch.stack(logits), rtol=0, atol=2e-5)
            torch.testing.assert_close(weight_BTS[b], torch.stack(weights), rtol=0, atol=1e-6)


def test_word_by_word_is_the_whole():
    net, (map_BCYX, gist_BG, word_BT) = model(), pictures()
    logits_BTV, weight_BTS, last = net.write(word_BT, net.see(map_BCYX, gist_BG))
    state = net.see(map_BCYX, gist_BG)
    for t in range(T):
        log_BV, state = net.step(word_BT[:, t], state)
        torch.testing.assert_close(log_BV, logits_BTV[:, t].log_softmax(-1), rtol=0, atol=1e-5)
    assert set(state) == set(last)
    for name, value in last.items():
        torch.testing.assert_close(state[name], value, rtol=0, atol=1e-5)
    torch.testing.assert_close(weight_BTS.sum(-1), torch.ones(3, T))
    assert (weight_BTS >= 0).all()


def test_nothing_later_is_heard():
    net, (map_BCYX, gist_BG, word_BT) = model(), pictures()
    other_BT = word_BT.clone()
    other_BT[:, 3:] = (other_BT[:, 3:] + 1) % V
    (one, _, _), (two, _, _) = (net.write(some, net.see(map_BCYX, gist_BG)) for some in (word_BT, other_BT))
    torch.testing.assert_close(one[:, :3], two[:, :3])
    assert not torch.allclose(one[:, 3:], two[:, 3:])


def test_no_picture_and_no_caption_influences_another():
    net, (map_BCYX, gist_BG, word_BT) = model(), pictures()
    together, weight_BTS, _ = net.write(word_BT, net.see(map_BCYX, gist_BG))
    for b in range(3):
        state = net.see(map_BCYX[b : b + 1], gist_BG[b : b + 1])
        alone, weight_1TS, _ = net.write(word_BT[b : b + 1], state)
        torch.testing.assert_close(alone[0], together[b], rtol=0, atol=1e-5)
        torch.testing.assert_close(weight_1TS[0], weight_BTS[b], rtol=0, atol=1e-6)


def test_the_captions_of_a_picture_are_written_from_one_look():
    """What is seen once, and spread over a picture's captions, gives each what it would have alone."""
    net, (map_BCYX, gist_BG, _) = model(), pictures()
    row_N = torch.tensor([0, 0, 2, 1, 2])
    word_NT = torch.randint(V, (5, T), generator=torch.Generator().manual_seed(2))
    seen = net.see(map_BCYX, gist_BG)
    spread = {name: value[row_N] for name, value in seen.items()}
    together, _, _ = net.write(word_NT, spread)
    apart, _, _ = net.write(word_NT, net.see(map_BCYX[row_N], gist_BG[row_N]))
    torch.testing.assert_close(together, apart, rtol=0, atol=1e-6)


def test_picture_gist_and_places_matter():
    net, (map_BCYX, gist_BG, word_BT) = model(), pictures()
    plain, _, _ = net.write(word_BT, net.see(map_BCYX, gist_BG))
    for seen in ((map_BCYX + 1, gist_BG), (map_BCYX, 1 - gist_BG), (map_BCYX.flip(3), gist_BG)):
        other, _, _ = net.write(word_BT, net.see(*seen))
        assert not torch.allclose(other, plain)


def test_the_gradient_reaches_every_weight():
    net, (map_BCYX, gist_BG, word_BT) = model().train(), pictures()
    logits_BTV, _, _ = net.write(word_BT, net.see(map_BCYX, gist_BG))
    F.cross_entropy(logits_BTV.flatten(0, 1), word_BT.roll(-1, 1).flatten()).backward()
    for name, weight in net.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().max() > 0, name
        assert weight.grad.isfinite().all(), name


def test_the_gradient_is_that_of_finite_differences():
    net, (map_BCYX, gist_BG, word_BT) = model().double(), pictures(2)

    def loss(map_BCYX: torch.Tensor, gist_BG: torch.Tensor) -> torch.Tensor:
        return net.write(word_BT, net.see(map_BCYX, gist_BG))[0].log_softmax(-1)[:, :, :3].sum()

    inputs = (map_BCYX.double().requires_grad_(), gist_BG.double().requires_grad_())
    assert torch.autograd.gradcheck(loss, inputs, atol=1e-6)


def test_dropout_is_for_learning_alone():
    net, (map_BCYX, gist_BG, word_BT) = model(dropout=0.5), pictures()
    plain = model().write(word_BT, model().see(map_BCYX, gist_BG))[0]
    torch.testing.assert_close(net.write(word_BT, net.see(map_BCYX, gist_BG))[0], plain)
    net.train()
    assert not torch.allclose(net.write(word_BT, net.see(map_BCYX, gist_BG))[0], plain)


def test_it_learns_to_say_what_is_where():
    """One thing at one of six places: after a hundred steps the word is right, and so is where it looked."""
    torch.manual_seed(0)
    net = Captioner(Shape(words=8, places=(Y, X), channels=C, gist=G, width=32))
    learner = torch.optim.AdamW(net.parameters(), 1e-2)

    def scenes(step: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        generator = torch.Generator().manual_seed(step)
        thing_B, place_B = torch.randint(4, (32,), generator=generator), torch.randint(6, (32,), generator=generator)
        map_BCS = 0.1 * torch.randn(32, C, Y * X, generator=generator)
        map_BCS[torch.arange(32), thing_B, place_B] += 4
        return map_BCS.unflatten(2, (Y, X)), 3 + thing_B, place_B

    for step in range(100):
        map_BCYX, thing_B, _ = scenes(step)
        logits_B1V, _, _ = net.write(torch.full((32, 1), 2), net.see(map_BCYX, torch.zeros(32, G)))
        learner.zero_grad()
        (cross_entropy_sum(logits_B1V[:, 0], thing_B, 0.0) / 32).backward()
        learner.step()
    map_BCYX, thing_B, place_B = scenes(1000)
    with torch.no_grad():
        logits_B1V, weight_B1S, _ = net.eval().write(torch.full((32, 1), 2), net.see(map_BCYX, torch.zeros(32, G)))
    assert (logits_B1V[:, 0].argmax(-1) == thing_B).float().mean() == pytest.approx(1, abs=0.04)
    assert (weight_B1S[:, 0].argmax(-1) == place_B).float().mean() > 0.8
