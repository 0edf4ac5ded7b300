"""The three recurrent cells as equations: what torch's fused layers compute, step by step.

The recipe trains with the fused layers, which are many times faster; a test holds them against these, forward and
gradient. ``σ`` is the logistic function, ``⊙`` the product of elements, ``[·; ·]`` rows stacked.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Weights:
    """One layer's parameters, its gates stacked: 1 for an RNN, 4 for an LSTM (i, f, g, o), 3 for a GRU (r, z, n).

    Attributes:
        input: ``float[gates · units, inputs]``, what is read from the input.
        state: ``float[gates · units, units]``, what is read from the state before.
        input_bias: ``float[gates · units]``.
        state_bias: ``float[gates · units]``.
    """

    input: Tensor
    state: Tensor
    input_bias: Tensor
    state_bias: Tensor

    @classmethod
    def of(cls, layer: nn.RNNBase) -> "Weights":
        """Those of a torch layer with one level."""
        named = dict(layer.named_parameters())
        return cls(*(named[f"{name}_l0"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")))


def rnn_step(x: Tensor, h: Tensor, w: Weights) -> Tensor:
    """``h' = tanh(W x + U h + b)`` (Elman 1990): the same squashed sum at every step, so gradients vanish.

    Args:
        x: Input, ``float[N, inputs]``.
        h: State before, ``float[N, units]``.
        w: Parameters.

    Returns:
        The state after, ``float[N, units]``.
    """
    return torch.tanh(x @ w.input.T + w.input_bias + h @ w.state.T + w.state_bias)


def lstm_step(x: Tensor, h: Tensor, c: Tensor, w: Weights) -> tuple[Tensor, Tensor]:
    """``c' = f ⊙ c + i ⊙ g``, ``h' = o ⊙ tanh(c')`` (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000).

    The cell state is added to, not squashed: where f is near 1, memory and gradient pass many steps unharmed.

    Args:
        x: Input, ``float[N, inputs]``.
        h: Hidden state before, ``float[N, units]``.
        c: Cell state before, ``float[N, units]``.
        w: Parameters.

    Returns:
        Hidden and cell state after.
    """
    i, f, g, o = (x @ w.input.T + w.input_bias + h @ w.state.T + w.state_bias).chunk(4, dim=1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def gru_step(x: Tensor, h: Tensor, w: Weights) -> Tensor:
    """``h' = (1 - z) ⊙ n + z ⊙ h`` with ``n = tanh(W x + r ⊙ (U h + b))`` (Cho et al. 2014, in cuDNN's form).

    Args:
        x: Input, ``float[N, inputs]``.
        h: State before, ``float[N, units]``.
        w: Parameters.

    Returns:
        The state after, ``float[N, units]``.
    """
    x_r, x_z, x_n = (x @ w.input.T + w.input_bias).chunk(3, dim=1)
    h_r, h_z, h_n = (h @ w.state.T + w.state_bias).chunk(3, dim=1)
    r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
    n = torch.tanh(x_n + r * h_n)
    return (1 - z) * n + z * h
