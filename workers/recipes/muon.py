"""Muon for recurrent layers: a step that turns every direction of a gate's matrix by the same amount.

Method: K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks" (2024),
https://kellerjordan.github.io/posts/muon/: the momentum of a matrix's gradient is replaced by the nearest orthogonal
matrix. torch.optim.Muon does so for a whole matrix; torch stacks a recurrent layer's gates into one, and here each
gate is orthogonalised by itself. Figures: docs/projects/rnn.md.
"""

from collections.abc import Iterable

import torch
from torch import Tensor

_A, _B, _C = 3.4445, -4.7750, 2.0315  # of the post: the steepest quintic at 0 that stays near 1
_ROUNDS = 5
_EPSILON = 1e-7


class GateMuon(torch.optim.Optimizer):
    """Muon with Nesterov momentum on stacked matrices.

    Args:
        matrices: Parameters ``float[gates · units, inputs]``.
        lr: Length of a step in each direction (spectral norm).
        gates: How many matrices each parameter stacks.
        momentum: Of the gradient.
        weight_decay: Decoupled, times `lr`.
    """

    def __init__(
        self, matrices: Iterable[Tensor], lr: float, gates: int, *, momentum: float = 0.9, weight_decay: float = 0.01
    ) -> None:
        super().__init__(matrices, {"lr": lr, "gates": gates, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] no closure: it is never evaluated twice
        """One step for every parameter that has a gradient."""
        for group in self.param_groups:
            for matrix in group["params"]:
                if matrix.grad is None:
                    continue
                state = self.state[matrix]
                if not state:
                    state["momentum"] = torch.zeros_like(matrix)
                momentum = state["momentum"].mul_(group["momentum"]).add_(matrix.grad)
                ahead = matrix.grad + group["momentum"] * momentum
                turned = orthogonalised(ahead.view(group["gates"], -1, matrix.shape[1])).reshape(matrix.shape)
                matrix.mul_(1 - group["lr"] * group["weight_decay"]).add_(turned, alpha=-group["lr"])


def orthogonalised(matrices: Tensor) -> Tensor:
    """Each matrix with its singular values brought to about 1 (0.7 to 1.2), by Newton-Schulz iteration in bfloat16.

    Args:
        matrices: ``float[N, rows, columns]``.

    Returns:
        The same shape, float32.
    """
    x = matrices.bfloat16()
    x = x / (x.norm(dim=(1, 2), keepdim=True) + _EPSILON)
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.mT.contiguous()
    for _ in range(_ROUNDS):
        gram = x @ x.mT
        x = _A * x + (_B * gram + _C * gram @ gram) @ x
    return (x.mT if tall else x).float()
