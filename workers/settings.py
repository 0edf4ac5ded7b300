"""What a worker can be told: where data lies, how much a run may take."""

from pathlib import Path

from pydantic import Field

from db.settings import StorageSettings


class WorkerSettings(StorageSettings):
    """Storage settings and the limits of a run."""

    data_dir: Path | None = Field(
        default=None,
        description="Folder to look for data sets in before anything is downloaded "
        "(e.g. `mnist/*.gz` or `MNIST/raw/*`).",
    )
    dataset_mirror: str | None = Field(
        default=None, description="Base URL to fetch data sets from before their public addresses."
    )
    allow_downloads: bool = Field(default=True, description="Whether a worker may download data sets.")
    run_time_limit: int = Field(
        default=1800, ge=10, le=86_400, description="Seconds a run may train before it is stopped."
    )
    run_memory_limit_mb: int = Field(default=6144, ge=512, description="Resident memory in MiB a trainer may use.")
    worker_name: str | None = Field(
        default=None, description="A worker's name in `waypoint doctor`; the host's by default."
    )

    lessons_dir: Path | None = Field(
        default=None, description="Your own copy of `lessons/content`, checked with `waypoint lessons check`."
    )

    @property
    def dataset_cache(self) -> Path:
        """Where downloaded or unpacked data sets are kept."""
        return self.home / "datasets"
