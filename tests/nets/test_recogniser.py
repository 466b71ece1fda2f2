"""The recogniser: padding, other recordings, how many moments there are, and what CTC can learn through it."""

import pytest
import torch
import torch.nn.functional as F

from guina.nets.recogniser import Recogniser, Shape

FRAMES = torch.tensor([41, 16, 1])


def model(**shape) -> Recogniser:
    torch.manual_seed(0)
    return Recogniser(Shape(**{"bands": 12, "units": 5, "width": 16, "channels": 4, **shape})).eval()


def bands(T: int = 41) -> torch.Tensor:
    """Three recordings, 0 beyond their frames, as bands are given."""
    mel_BFM = torch.randn(3, T, 12, generator=torch.Generator().manual_seed(1))
    return mel_BFM * (torch.arange(T) < FRAMES[:, None])[:, :, None]


@pytest.mark.parametrize("stride", [2, 4])
def test_recordings_together_are_heard_as_each_alone(stride: int):
    net = model(stride=stride)
    logits_BTV, moments_B = net(bands(), FRAMES)
    assert moments_B.tolist() == [-(-frames // stride) for frames in FRAMES.tolist()]
    assert logits_BTV.shape == (3, int(moments_B.max()), 5)
    for n, frames in enumerate(FRAMES.tolist()):
        alone_1TV, _ = net(bands()[n : n + 1, :frames], FRAMES[n : n + 1])
        torch.testing.assert_close(logits_BTV[n, : moments_B[n]], alone_1TV[0], rtol=0, atol=1e-5)


def test_log_probabilities_are_as_fine_as_the_network_and_never_coarser_than_float32():
    fine_BTV, _ = model().double().probabilities(bands().double(), FRAMES)
    assert fine_BTV.dtype == torch.float64
    with torch.autocast("cpu", torch.bfloat16):
        assert model().probabilities(bands(), FRAMES)[0].dtype == torch.float32
    torch.testing.assert_close(fine_BTV.exp().sum(-1), torch.ones(fine_BTV.shape[:2], dtype=torch.float64))


def test_every_moment_hears_the_whole_recording_and_nothing_of_others():
    net = model()
    mel_BFM = bands().requires_grad_()
    logits_BTV, _ = net(mel_BFM, FRAMES)
    for t in (0, 5, 10):
        (slope_BFM,) = torch.autograd.grad(logits_BTV[0, t].square().sum(), mel_BFM, retain_graph=True)
        assert (slope_BFM[0].abs().sum(1) > 0).all()
        assert not slope_BFM[1:].any()


def test_a_width_that_is_odd_or_a_stride_of_three_is_refused():
    with pytest.raises(AssertionError):
        model(stride=3)


def test_it_learns_the_order_of_two_tones():
    """Two orders of the same two bands: CTC is told the text alone."""
    torch.manual_seed(0)
    mel_BFM = torch.zeros(2, 32, 12)
    mel_BFM[0, :16, 2], mel_BFM[0, 16:, 9] = 2.0, 2.0
    mel_BFM[1, :16, 9], mel_BFM[1, 16:, 2] = 2.0, 2.0
    net, frames_B = model().train(), torch.tensor([32, 32])
    optimizer = torch.optim.Adam(net.parameters(), 1e-2)
    target_BU = torch.tensor([[0, 1], [1, 0]])
    for _ in range(60):
        log_BTV, moments_B = net.probabilities(mel_BFM, frames_B)
        loss = F.ctc_loss(log_BTV.transpose(0, 1), target_BU, moments_B, torch.tensor([2, 2]), blank=4)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.3
    torch.testing.assert_close(log_BTV.exp().sum(-1), torch.ones(2, 8))
