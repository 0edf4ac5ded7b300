"""The data set that is always there: 1,797 handwritten digits of 8×8 pixels that ship in scikit-learn."""

from typing import Any

import torch

from workers.recipes.pictures import PictureSet, split, stratified

TEST_SHARE = 0.2
VALIDATION_SHARE = 0.1


def load() -> PictureSet:
    """A fifth of each class is the test part, a tenth of the rest the validation part (1,295 + 143 + 359)."""
    from sklearn.datasets import load_digits  # noqa: PLC0415 a second that runs on other data need not wait for

    bunch: Any = load_digits()  # its stub forgets that it is a Bunch
    pictures = torch.from_numpy(bunch.images).to(torch.uint8)  # grey values 0 to 16
    labels = torch.from_numpy(bunch.target).to(torch.int64)
    rest, test = stratified(labels, TEST_SHARE)
    return split(
        "scikit-learn digits",
        tuple(str(name) for name in bunch.target_names),
        pictures[rest],
        labels[rest],
        (pictures[test], labels[test]),
        validation=VALIDATION_SHARE,
    )
