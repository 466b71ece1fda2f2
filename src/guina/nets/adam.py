"""Adam (Kingma & Ba 2015, https://arxiv.org/abs/1412.6980, algorithm 1) for small models that are fitted on the side.

torch's own optimizers bring its compiler along when the first of them is made: seconds that whoever waits for a report
or a score would wait in vain. What is trained for long is trained by `engine/optim.py`.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

EPS = 1e-8


class Adam:
    """Steps of about `rate` against the gradient, each weight by its own scale.

    Args:
        weights: tensors that require gradients.
        rate: of a step; may be set anew before each.
        betas: of the running means of the gradient and of its square.

    Example:
        >>> w = torch.tensor([1.0, -30.0], requires_grad=True)
        >>> adam = Adam([w], rate=0.1)
        >>> adam.step((w**2).sum())
        >>> [round(x, 2) for x in w.tolist()]
        [0.9, -29.9]
    """

    def __init__(self, weights: Sequence[Tensor], rate: float, betas: tuple[float, float] = (0.9, 0.999)) -> None:
        self.weights, self.rate, self.betas, self.steps = list(weights), rate, betas, 0
        self.means = [torch.zeros_like(w) for w in self.weights]
        self.squares = [torch.zeros_like(w) for w in self.weights]

    def step(self, loss: Tensor, clip: float | None = None) -> None:
        """One step down a loss.

        Args:
            clip: the largest norm of all gradients together; None: any.
        """
        grads = list(torch.autograd.grad(loss, self.weights))
        with torch.no_grad():
            if clip is not None:
                norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(grads)))
                torch._foreach_mul_(grads, min(1.0, clip / (float(norm) + 1e-6)))
            self.steps += 1
            one, two = (1 - beta**self.steps for beta in self.betas)
            torch._foreach_lerp_(self.means, grads, 1 - self.betas[0])
            torch._foreach_mul_(self.squares, self.betas[1])
            torch._foreach_addcmul_(self.squares, grads, grads, 1 - self.betas[1])
            scales = torch._foreach_sqrt(self.squares)
            torch._foreach_add_(scales, EPS * two**0.5)
            torch._foreach_addcdiv_(self.weights, self.means, scales, -self.rate * two**0.5 / one)
