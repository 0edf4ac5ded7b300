"""The transfer learning questions against torch, and against the table as it is shown."""

import torch
from torch import nn

from lessons.questions.drawing import Draft
from lessons.questions.generators._freezing import NewHead, SmallNetwork, ask_trainable_after_freeze
from lessons.questions.generators._pretrained import Pixel, ask_pretrained_preprocessing
from lessons.questions.generators.transfer_learning import Arms, ask_choose_freezing
from lessons.questions.model import GridPicture, Question
from tests.lessons.questions.checks import every_seed


def number(text: str) -> float:
    """The number that an option shows."""
    return float(text.split(maxsplit=1)[0].replace("−", "-").replace(",", ""))


def assert_says(question: Question, value: float, half_digit: float) -> None:
    """The option and the typed answer both say ``value``, to half of the last shown digit; no wrong option does."""
    assert question.typed is not None
    assert abs(question.typed.value - value) < 1e-9 * max(1, abs(value))
    assert abs(number(question.answer.text) - value) <= half_digit <= question.typed.tolerance
    for option in question.options:
        if option.misconception is not None:
            assert abs(number(option.text) - value) > question.typed.tolerance, "a wrong option would be taken as right"


def trainable(network: nn.Module) -> int:
    return sum(weights.numel() for weights in network.parameters() if weights.requires_grad)


def small_network(given: SmallNetwork) -> nn.Sequential:
    """The network of the question, frozen as it says."""
    layers: list[nn.Module] = []
    for place in range(3):
        conv = nn.Conv2d(given.widths[place], given.widths[place + 1], 3, bias=not given.norms, device="meta")
        conv.requires_grad_(place >= given.frozen)
        layers.append(conv)
        if given.norms:
            layers.append(nn.BatchNorm2d(given.widths[place + 1], device="meta"))
    head = nn.Linear(given.widths[-1], given.classes, device="meta")
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)


def new_head(given: NewHead) -> nn.Sequential:
    """A stand-in of the backbone's size, frozen, and the head."""
    backbone = nn.Linear(given.frozen, 1, bias=False, device="meta").requires_grad_(requires_grad=False)
    if given.hidden:
        hidden = nn.Linear(given.features, given.hidden, device="meta")
        return nn.Sequential(backbone, hidden, nn.ReLU(), nn.Linear(given.hidden, given.classes, device="meta"))
    return nn.Sequential(backbone, nn.Linear(given.features, given.classes, device="meta"))


def test_trainable_after_freeze() -> None:
    def check(given: NewHead | SmallNetwork, question: Question) -> None:
        network = new_head(given) if isinstance(given, NewHead) else small_network(given)
        assert_says(question, trainable(network), 0)

    every_seed("trainable_after_freeze", check)


def shown(question: Question) -> dict[str, tuple[int, int]]:
    """Training and validation accuracy of each way, as the table shows them."""
    picture = question.picture
    assert isinstance(picture, GridPicture)
    assert picture.columns == ("training", "validation")
    return {
        name: (int(train), int(validation))
        for name, (train, validation) in zip(picture.rows, picture.cells, strict=True)
    }


def test_choose_freezing() -> None:
    def check(given: Arms, question: Question) -> None:
        ways = shown(question)
        assert all(0 < validation <= train <= 100 for train, validation in ways.values())
        if given.kind == "choose":
            ranked = sorted(ways, key=lambda name: ways[name][1])
            assert question.answer.text == ranked[-1]
            # Two standard errors of the difference on 2,000 pictures are about 2 points.
            assert ways[ranked[-1]][1] - ways[ranked[-2]][1] >= 3
            assert question.typed is None
        else:
            frozen = ways["frozen, new head only"][1]
            gain = (
                frozen - ways["from random weights"][1]
                if given.kind == "transfer"
                else ways["everything unfrozen"][1] - frozen
            )
            assert_says(question, gain, 0)

    every_seed("choose_freezing", check)


MEAN = torch.tensor([0.485, 0.456, 0.406], dtype=torch.float64)
DEVIATION = torch.tensor([0.229, 0.224, 0.225], dtype=torch.float64)


def normalised(pixel: torch.Tensor) -> torch.Tensor:
    return (pixel - MEAN) / DEVIATION


def test_pretrained_preprocessing() -> None:
    def check(given: Pixel, question: Question) -> None:
        rgb = torch.tensor([given.red, given.green, given.blue], dtype=torch.float64)
        match given.kind:
            case "expected":
                assert_says(question, float(normalised(rgb / 255)[given.channel]), 0.005)
            case "swapped":
                assert_says(question, float(normalised(rgb.flip(0) / 255)[0]), 0.005)
            case "unscaled":
                assert_says(question, float(normalised(rgb)[0]), 0.05)
            case "other-scale":
                assert_says(question, float((rgb / 127.5 - 1 - normalised(rgb / 255))[0]), 0.005)

    every_seed("pretrained_preprocessing", check)


def slips(draft: Draft) -> dict[str, str]:
    return {wrong.misconception: wrong.text for wrong in draft.wrong}


def test_the_count_that_each_slip_gives() -> None:
    # ResNet-18's 512 features and 10 classes: 512 · 10 + 10.
    draft = ask_trainable_after_freeze(NewHead("ResNet-18", 11_176_512, features=512, hidden=0, classes=10))
    assert draft.right == "5,130"
    assert slips(draft) == {
        "counted-no-bias": "5,120",
        "counted-the-frozen-too": "11,181,642",
        "counted-the-frozen-instead": "11,176,512",
        "counted-the-units": "522",
    }


def test_the_norms_that_each_slip_counts() -> None:
    # 2 · (8 + 16 + 32) for the norms and 32 · 10 + 10 for the head.
    draft = ask_trainable_after_freeze(SmallNetwork((3, 8, 16, 32), frozen=3, norms=True, classes=10))
    assert draft.right == "442"
    assert slips(draft) == {
        "counted-the-head-only": "330",
        "counted-running-statistics": "554",
        "counted-the-scale-only": "386",
        "counted-the-frozen-too": "6,418",
        "counted-no-bias": "432",
    }


def test_the_way_that_each_slip_chooses() -> None:
    draft = ask_choose_freezing(Arms("choose", scratch=(80, 60), frozen=(85, 84), top=(96, 90), everything=(100, 82)))
    assert draft.right == "last stage unfrozen"
    assert [(wrong.misconception, wrong.text) for wrong in draft.wrong][:2] == [
        ("chose-by-training-accuracy", "everything unfrozen"),
        ("chose-the-smallest-gap", "frozen, new head only"),
    ]


def test_what_each_slip_sends_into_the_network() -> None:
    # Blue 255 with red's figures: (1 − 0.485) / 0.229.
    draft = ask_pretrained_preprocessing(Pixel("swapped", red=0, green=51, blue=255, channel=0))
    assert draft.right == "2.25"
    assert slips(draft) == {
        "took-the-order-for-granted": "−2.12",
        "statistics-follow-the-colour": "2.64",
        "swapped-the-statistics": "−1.80",
        "scaled-only": "1.00",
    }
