"""Which data sets a worker on this machine has, told without torch: for `waypoint doctor`."""

from collections.abc import Iterable

from workers.project import OWN, DatasetInfo, Project
from workers.settings import WorkerSettings


def whereabouts(projects: Iterable[Project], settings: WorkerSettings) -> list[tuple[bool, str]]:
    """For each data set whether it is at hand, and a sentence."""
    known = {data.id: data for project in projects for data in project.datasets if data.id != OWN}
    return [_whereabouts(data, settings, known) for data in known.values()]


_FOLDERS = {
    "imdb": ("aclImdb",),
    "hymenoptera": ("hymenoptera160", "hymenoptera_data"),
    "flickr8k": ("flickr8k_128",),
    "cifar10": ("cifar-10", "cifar-10-batches-py"),
    "cifar10-jpeg": ("cifar10_jpg",),
}
"""Folders that a data set unpacks to under another name than its id."""


def _whereabouts(data: DatasetInfo, settings: WorkerSettings, known: Iterable[str]) -> tuple[bool, str]:
    if data.embedded:
        return True, f"{data.title} is built in."
    longer = tuple(f"{other}-" for other in known if other.startswith(f"{data.id}-"))  # cifar10-jpeg is not cifar10
    kept = settings.dataset_cache.glob(f"{data.id}-*.pt")
    if any(not file.name.startswith(longer) for file in kept):
        return True, f"{data.title} is ready in {settings.dataset_cache}."
    folder = settings.data_dir.expanduser() if settings.data_dir else None
    names = (data.id, data.id.upper(), *_FOLDERS.get(data.id, ()))
    if folder is not None and any((folder / name).is_dir() for name in names):
        return True, f"{data.title} is in {folder} and is unpacked by the first run that uses it."
    if settings.allow_downloads:
        return False, f"{data.title} is not here yet; the first run that uses it downloads it."
    return False, f"{data.title} is not here, and downloads are switched off: put it under DATA_DIR."
