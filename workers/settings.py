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

    deploy_host: str = Field(default="127.0.0.1", description="Address on which deployed models listen.")
    deploy_port_range: str | None = Field(
        default=None,
        pattern=r"^\d{4,5}-\d{4,5}$",
        description="Ports that deployed models may take, e.g. `8100-8199`; any free one by default.",
    )
    deploy_url: str | None = Field(
        default=None,
        pattern=r"^https?://",
        description="Public address of deployed models, e.g. `https://models.example.org:{port}`.",
    )
    deployments_per_member: int = Field(
        default=2, ge=1, le=20, description="Models that one member may have deployed; a further one ends the oldest."
    )

    paper_categories: str = Field(
        default="cs.LG",
        pattern=r"^[a-z-]+(\.[A-Za-z-]+)?(\+[a-z-]+(\.[A-Za-z-]+)?)*$",
        description="arXiv categories of the weekly paper digest, e.g. `cs.LG+cs.CV`.",
    )
    paper_feed_url: str = Field(
        default="https://rss.arxiv.org/rss", pattern=r"^https?://", description="Where arXiv's daily feeds are."
    )
    paper_query_url: str = Field(
        default="https://export.arxiv.org/api/query",
        pattern=r"^https?://",
        description="arXiv's query API, for days that were missed.",
    )
    paper_contact: str | None = Field(
        default=None, max_length=100, description="An address of yours, told to arXiv in the User-Agent."
    )

    lessons_dir: Path | None = Field(
        default=None, description="Your own copy of `lessons/content`, checked with `waypoint lessons check`."
    )

    @property
    def deploy_ports(self) -> tuple[int, int] | None:
        """The first and the last port that deployed models may take."""
        if self.deploy_port_range is None:
            return None
        first, _, last = self.deploy_port_range.partition("-")
        return int(first), int(last)

    @property
    def dataset_cache(self) -> Path:
        """Where downloaded or unpacked data sets are kept."""
        return self.home / "datasets"
