"""Where a recipe's data sets come from, and where a server may listen. Plain data: the worker fills it in."""

from dataclasses import dataclass
from pathlib import Path

from workers.settings import WorkerSettings


@dataclass(frozen=True, slots=True)
class ServingPlace:
    """Where a deployed model may listen."""

    host: str = "127.0.0.1"
    ports: tuple[int, int] | None = None
    """The first and the last that may be taken; any free one by default."""
    public_url: str | None = None
    """What others reach it by, with ``{port}`` where the port goes; only if the operator set one."""

    def address(self, port: int) -> str:
        """The base URL that people are told."""
        if self.public_url is not None:
            return self.public_url.replace("{port}", str(port)).rstrip("/")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{port}"


@dataclass(frozen=True, slots=True)
class DataSources:
    """The places to look for a data set, in the order: `cache`, `folder`, `mirror`, its public addresses."""

    cache: Path
    """Where downloaded or unpacked data sets are kept; made when first needed."""
    folder: Path | None = None
    mirror: str | None = None
    allow_downloads: bool = True
    serving: ServingPlace = ServingPlace()
    """For a project that leaves a server behind."""

    @classmethod
    def from_settings(cls, settings: WorkerSettings) -> "DataSources":
        """The part of the settings that a trainer may know: no secrets, no database."""
        return cls(
            cache=settings.dataset_cache,
            folder=settings.data_dir.expanduser() if settings.data_dir else None,
            mirror=settings.dataset_mirror,
            allow_downloads=settings.allow_downloads,
            serving=ServingPlace(settings.deploy_host, settings.deploy_ports, settings.deploy_url),
        )
