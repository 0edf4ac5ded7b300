"""Heavy halves of using models that an answering process has to survive: handed to it in place of the real ones."""

import torch

from workers.messages import TrainedModel
from workers.recipes.state import pack

ASKED = "tests.workers.asked"


def line(run_id: int, slope: float = 2.0, more: int = 0) -> TrainedModel:
    """A model for `tiny_use` that says `slope` times what it is told, plus one; `more` bytes make its file larger."""
    weights = {"weight": torch.tensor([[slope]]), "bias": torch.tensor([1.0])}
    return TrainedModel(
        run_id, "tiny", "none", pack({"weights": weights, "more": torch.zeros(more, dtype=torch.uint8)})
    )
