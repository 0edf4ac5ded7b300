"""Tensors and plain values to bytes and back: checkpoints and model files."""

import io
from typing import Any

import torch


def pack(state: dict[str, Any]) -> bytes:
    """Bytes that `unpack` understands, in memory: a full disk cannot cut them off."""
    stream = io.BytesIO()
    torch.save(state, stream)
    return stream.getvalue()


def unpack(data: bytes) -> dict[str, Any]:
    """The state again, on the CPU. Loads tensors and plain values only, never code."""
    return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
