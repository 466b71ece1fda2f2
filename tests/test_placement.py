"""A network on a GPU is given only tensors that are there: every job scores, answers and shows its inside elsewhere."""

from pathlib import Path

import numpy as np
import pytest
import torch

import elsewhere
import guina
from guina.data.records import TRAIN, VAL
from guina.jobs.write import inside as write_inside
from guina.runtime import evaluating
from some_captions import coloured
from some_photos import photos

JOBS = {
    "classify": ("digits", {"size": "tiny", "batch": 32}),
    "write": (None, {"size": "tiny", "window": 16, "lanes": 4}),
    "translate": (None, {"size": "tiny"}),
    "transcribe": ("morse", {"size": "tiny"}),
    "caption": (None, {"size": "tiny"}),
    "generate": ("digits", {"size": "tiny"}),
    "colorize": (None, {"size": "tiny"}),
    "inpaint": (None, {"size": "tiny"}),
}
TEXTS = {
    "write": "one stone, two boats, three hats\n" * 200,
    "translate": "".join(f"{a} {b}, {a}\t{b} {a} and {b}\n" for a in range(10, 18) for b in range(10, 18)),
}


@pytest.fixture(scope="module", params=JOBS)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> guina.Run:
    """A run of each job, of a few steps."""
    data, settings = JOBS[request.param]
    place: Path = tmp_path_factory.mktemp(request.param)
    if request.param == "caption":
        data = str(coloured(place / "data", 4))
    if request.param in ("colorize", "inpaint"):
        data = str(photos(place / "data"))
    if data is None:
        (place / "text.txt").write_text(TEXTS[request.param])
    source = data or place / "text.txt"
    return guina.train(request.param, source, steps=4, out=place / "run", settings=settings, quiet=True)


def test_everything_a_network_is_given_is_where_it_is(run: guina.Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(write_inside, "QUICK", 4)  # steps of the small networks that a report learns
    judge, job = run.judge, run.judge.job
    records = job.read(run.folder.info["source"], (TRAIN, VAL))
    train, judged = job.arrays(records.only(TRAIN)), job.arrays(records.only(VAL))
    inputs = [thing for thing, _ in zip(job.inputs(judged), range(4), strict=False)]

    def everything() -> tuple[dict[str, float], list[object], list[str]]:
        with evaluating(*run.nets.values()):
            score = judge.score(run.nets, judged) | judge.slow_scores(run.nets, judged)
            answers = list(run.answering.answers(inputs))
            panels = judge.panels(run.nets, train, judged, run.folder.read_snaps())
            return score, answers, [panel.title for panel in panels]

    score, answers, titles = everything()
    elsewhere.move(*run.nets.values())
    try:
        with elsewhere.Elsewhere():
            assert next(run.nets[next(iter(run.nets))].parameters()).device.type == "cuda"
            there = everything()
    finally:
        for net in run.nets.values():
            elsewhere.mark([*net.parameters(), *net.buffers()], there=False)
    for name, value in score.items():
        assert there[0][name] == pytest.approx(value, rel=1e-4), name
    assert len(there[1]) == len(answers) > 0
    assert there[2] == titles


def test_tensors_of_two_places_do_not_meet():
    net = torch.nn.Linear(3, 2)
    elsewhere.move(net)
    with elsewhere.Elsewhere():
        x = torch.ones(4, 3)
        with pytest.raises(elsewhere.WrongPlace):
            net(x)
        answer = net(x.to("cuda:0"))
        assert answer.device.type == "cuda"
        with pytest.raises(elsewhere.WrongPlace):
            answer.detach().numpy()
        with pytest.raises(elsewhere.WrongPlace):
            answer + x[:, :2]
        assert answer.detach().cpu().numpy().shape == (4, 2)
    assert np.isfinite(x.numpy()).all()
