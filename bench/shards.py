"""Two processes that share a training must equal one that walks through two shards: weights, averages and optimizers.

    python bench/shards.py colorize photos --steps 6 [the job's settings]

In float64, where only the order of sums differs. Results: bench/results/shards.json, one row a job: by how much the
tensor that is farthest off differs, as a share of its largest value.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

from safetensors.torch import load_file

from common import GUINA, commit, keep, machine

GROUP = [GUINA[0], "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *GUINA[1:]]
ALLOWED = 1e-9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job")
    parser.add_argument("data")
    parser.add_argument("--steps", type=int, default=6)
    args, settings = parser.parse_known_args()
    words = ["train", args.job, args.data, "--steps", str(args.steps), "--precision", "float64", "--threads", "1"]
    states = []
    with tempfile.TemporaryDirectory() as folder:
        for name, start, more in (("one", GUINA, ["--shards", "2"]), ("two", GROUP, [])):
            out = Path(folder) / name
            command = [*start, *words, *more, *settings, "--out", str(out)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr[-2000:]
            states.append(load_file(out / "checkpoints" / f"step-{args.steps}" / "state.safetensors"))
    one, two = states
    assert one.keys() == two.keys(), "they keep other tensors"
    apart = {
        key: float((two[key].double() - tensor.double()).abs().max() / (tensor.double().abs().max() + 1e-12))
        for key, tensor in one.items()
        if tensor.numel()
    }
    worst = max(apart, key=lambda key: apart[key])
    row = {"job": args.job, "data": args.data, "steps": args.steps, "settings": " ".join(settings)}
    row |= {"tensors": len(apart), "worst": worst, "apart": apart[worst], "commit": commit(), "cpu": machine()["cpu"]}
    print(row)
    keep("shards", row, lambda row: (row["job"], row["data"]), lambda rows: [])
    assert apart[worst] <= ALLOWED, f"{worst} differs by {apart[worst]:.1e} of its largest value"


if __name__ == "__main__":
    main()
