"""Where a recipe's data sets come from. Plain data: the worker fills it in, the trainer process gets it."""

from dataclasses import dataclass
from pathlib import Path

from workers.settings import WorkerSettings


@dataclass(frozen=True, slots=True)
class DataSources:
    """The places to look for a data set, in the order: `cache`, `folder`, `mirror`, its public addresses."""

    cache: Path
    """Where downloaded or unpacked data sets are kept; made when first needed."""
    folder: Path | None = None
    mirror: str | None = None
    allow_downloads: bool = True

    @classmethod
    def from_settings(cls, settings: WorkerSettings) -> "DataSources":
        """The part of the settings that a trainer may know: no secrets, no database."""
        return cls(
            cache=settings.dataset_cache,
            folder=settings.data_dir.expanduser() if settings.data_dir else None,
            mirror=settings.dataset_mirror,
            allow_downloads=settings.allow_downloads,
        )
