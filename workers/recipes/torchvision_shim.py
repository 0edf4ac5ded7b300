"""Imports torchvision also where its compiled half does not fit the installed torch.

PyPI's torchvision is built for CUDA. Beside a CPU build of torch its extension cannot be loaded, and the import then
fails with "operator torchvision::nms does not exist", because torchvision describes the shapes of two operators
that only the extension declares. Declaring their schemas is enough: data sets, transforms and models work, and the
operators themselves fail when called, as they should.
"""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import torch

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_declared: list[torch.library.Library] = []  # a Library takes its schemas with it when it is collected


def import_torchvision() -> ModuleType:
    """The torchvision module, imported. Raises ImportError when it is not installed."""
    if "torchvision" not in sys.modules and not _declared and not _extension_loads():
        library = torch.library.Library("torchvision", "FRAGMENT")
        for operator in ("nms", "qnms"):
            library.define(operator + _SCHEMA)
        _declared.append(library)
    return importlib.import_module("torchvision")


def _extension_loads() -> bool:
    found = importlib.util.find_spec("torchvision")
    folders = (found.submodule_search_locations if found else None) or []
    for extension in (path for folder in folders for path in Path(folder).glob("_C*.so")):
        try:
            torch.ops.load_library(str(extension))
        except OSError:
            continue
        return True
    return False
