"""guina's small network in plain PyTorch, as PyTorch's own MNIST example is written: DataLoader, SGD, float32.

    python bench/torch_side.py FOLDER

Prints pictures a second in training and in prediction as JSON.
"""

import json
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from guina.data.idx import read_idx


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 16, 3, stride=2, padding=1)
        blocks: list[nn.Module] = []
        before = 16
        for width, pool in ((32, True), (64, True), (64, False)):
            blocks.append(nn.Conv2d(before, width, 3, padding=1, bias=False))
            blocks += [nn.MaxPool2d(2)] if pool else []
            blocks += [nn.BatchNorm2d(width), nn.SiLU(), nn.Conv2d(width, width, 3, padding=1, bias=False)]
            blocks += [nn.BatchNorm2d(width), nn.SiLU()]
            before = width
        self.body = nn.Sequential(*blocks)
        self.head = nn.Linear(64, 10, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(F.silu(self.first(x))).amax((2, 3)))


def main() -> None:
    folder = Path(sys.argv[1])
    x = torch.from_numpy(read_idx(folder / "train-images-idx3-ubyte.gz"))[:30000, None].float() / 255
    y = torch.from_numpy(read_idx(folder / "train-labels-idx1-ubyte.gz"))[:30000].long()
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), 0.05, momentum=0.9, nesterov=True)
    loader = DataLoader(TensorDataset(x, y), batch_size=250, shuffle=True)

    def epoch(most: int) -> None:
        for n, (data, target) in enumerate(loader):
            if n == most:
                break
            optimizer.zero_grad()
            F.cross_entropy(net(data), target).backward()
            optimizer.step()

    epoch(10)
    began = time.time()
    epoch(120)
    trained = time.time()
    net.eval()
    with torch.no_grad():
        for data, _ in DataLoader(TensorDataset(x, y), batch_size=250):
            net(data)
    predicted = time.time()
    print(json.dumps({"training": 30000 / (trained - began), "prediction": 30000 / (predicted - trained)}))


if __name__ == "__main__":
    main()
