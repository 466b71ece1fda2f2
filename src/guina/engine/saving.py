"""A training's state to a checkpoint and back, and the best weights out of one."""

from torch import Tensor

from guina.answering.model import load_net, net_tensors, pick
from guina.engine.budget import Plan
from guina.engine.checkpoint import State
from guina.engine.job import headline
from guina.engine.state import TrainingState
from guina.engine.turns import Nets
from guina.errors import GuinaError

FACTS = (  # what is kept as it is
    *("step", "phase_index", "first_step", "position", "passed", "validated", "snapped", "improved_at", "stopped"),
    *("best", "history", "sums", "rates", "remedies"),
)


def save(training: TrainingState) -> None:
    """Write a checkpoint of everything."""
    carries = {
        f"carry/{turn}/{shard}/{name}": tensor
        for (turn, shard), carry in training.stepper.carries.items()
        for name, tensor in (carry or {}).items()
    }
    carries = training.place.team.collect(carries)
    training.saved_at = training.place.now()
    if not training.place.runtime.first:
        return
    tensors = net_tensors("nets", training.nets) | carries
    tensors |= net_tensors("ema", {name: average.shadow for name, average in training.averages.items()})
    for player, optimizer in training.optimizers.items():
        tensors |= {f"optim/{player}/{key}": t for key, t in optimizer.state().items()}
    facts = {name: getattr(training, name) for name in FACTS}
    facts |= {"plan": training.plan.record(), "per_step": training.clock.per_step, "seconds": training.place.now()}
    facts["lengths"] = training.place.folder.lengths()
    training.checkpoints.save(State(facts, tensors))


def restore(training: TrainingState, state: State) -> None:
    """Stand where a checkpoint says."""
    facts, tensors = state.facts, state.tensors
    training.plan = Plan.restore(facts["plan"])
    training.clock.per_step = facts["per_step"]
    training.step = facts["step"]
    training.enter(facts["phase_index"])
    for name in FACTS:
        setattr(training, name, facts.get(name, getattr(training, name)))  # an older version knew fewer
    take_tensors(training, tensors)
    training.slow()
    for turn in training.phase.turns:
        for shard in training.place.team.mine:
            carry = pick(tensors, f"carry/{turn.name}/{shard}")
            if carry:
                device = training.place.runtime.device
                training.stepper.carries[turn.name, shard] = {k: v.to(device) for k, v in carry.items()}
    name = headline(training.job).name
    training.place.progress.history = [s[name] for s in training.history if name in s]
    training.saved_at = training.place.now()


def take_tensors(training: TrainingState, tensors: dict[str, Tensor]) -> None:
    """Networks, averages and optimizers as a checkpoint has them."""
    for name, net in training.nets.items():
        load_net(net, pick(tensors, f"nets/{name}"))
    for name, average in training.averages.items():
        load_net(average.shadow, pick(tensors, f"ema/{name}"))
    for player, optimizer in training.optimizers.items():
        optimizer.restore(pick(tensors, f"optim/{player}"))


def judged_tensors(training: TrainingState, tensors: dict[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """The weights of each network that was judged when a checkpoint was saved: its averages, where it had any."""
    return {name: pick(tensors, f"ema/{name}") or pick(tensors, f"nets/{name}") for name in training.nets}


def read_best(training: TrainingState) -> tuple[dict[str, Tensor], str]:
    """The tensors of the best checkpoint, at every process; or none, and why.

    The first process reads, and gives them to the others.
    """
    if training.best is None:
        return {}, f"no validation of phase {training.phase.name} gave a number"
    team, problem, tensors = training.place.team, "", {}
    if training.place.runtime.first:
        try:
            tensors = training.checkpoints.read(f"step-{training.best['step']}").tensors
        except GuinaError as error:
            problem = error.what
    problem = team.broadcast(problem)
    return ({} if problem else team.broadcast_tensors(tensors)), problem


def take_best(training: TrainingState) -> Nets:
    """The best networks of the last phase; the last ones if the best were damaged on disk, which is said."""
    nets = training.judged
    if training.best and training.best["step"] != training.step:
        try:
            state = training.checkpoints.read(f"step-{training.best['step']}")
        except GuinaError as error:
            best_is_lost(training, error.what)
            return nets
        for name, weights in judged_tensors(training, state.tensors).items():
            load_net(nets[name], weights)
    return nets


def best_is_lost(training: TrainingState, why: str) -> None:
    """Say that the last weights are used because the best ones cannot be read."""
    training.event("best lost", why=why)
    if training.place.runtime.first:
        training.place.progress.say(f"note: the last weights are used, not the best ones: {why}")
