"""``metrics.json``: all numbers of a run in one file, the same shape for every project."""

import json
from typing import Any

from workers.recipes.handle import Run


def metrics_json(run: Run, data: str, metrics: dict[str, float], **more: Any) -> bytes:  # noqa: ANN401 - JSON
    """The numbers of a run as JSON.

    Args:
        run: Its job and curves.
        data: The data set in words.
        metrics: The final numbers.
        more: What only this project has, e.g. ``confusion``.
    """
    job = run.job
    content = {
        "recipe": job.project,
        "dataset": job.dataset,
        "data": data,
        "preset": job.preset,
        "seed": job.seed,
        "config": job.options,
        "metrics": metrics,
        **more,
        "curves": run.curves,
    }
    return json.dumps(content, indent=1).encode()
