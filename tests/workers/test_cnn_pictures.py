"""What happens to training pictures is what it is said to be; a look inside a network shows what is there."""

import math

import pytest
import torch
from torch import Tensor

from workers.recipes import asking, augment, cnn, cnn_inside
from workers.recipes.augment import Augmentation, Augmenter

NOISE = torch.randint(0, 256, (60, 12, 12), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
COLOURED = torch.randint(0, 256, (60, 3, 12, 12), dtype=torch.uint8, generator=torch.Generator().manual_seed(2))
EVERYONE = torch.arange(60)


def test_moved_pictures_are_the_same_pictures_elsewhere() -> None:
    pictures = torch.zeros(50, 5, 5, dtype=torch.uint8)
    pictures[:, 2, 2] = torch.arange(1, 51).to(torch.uint8)
    canvas = torch.nn.functional.pad(pictures, (1, 1, 1, 1))
    chosen = torch.tensor([4, 9, 41])
    moved = [augment.moved(canvas, chosen, 1, seed=1, step=step) for step in range(40)]
    places = {tuple(batch[0].nonzero()[0].tolist()) for batch in moved}
    assert places == {(y, x) for y in (1, 2, 3) for x in (1, 2, 3)}, "all nine places are reached"
    assert all(batch.amax((1, 2)).tolist() == [5, 10, 42] for batch in moved)


@pytest.mark.parametrize("pictures", [NOISE, COLOURED], ids=["grey", "colour"])
@pytest.mark.parametrize(
    "how",
    [Augmentation(shift=2), Augmentation(mirror=True), Augmentation(warp=1.0, shift=1), Augmentation(erase=4)],
    ids=["shift", "mirror", "warp", "erase"],
)
def test_every_change_comes_from_seed_and_step_alone(pictures: Tensor, how: Augmentation) -> None:
    first, second = (Augmenter(pictures, how, 7, 33.3) for _ in range(2))
    first.batch(EVERYONE, 0, 0)  # what came before does not matter
    batch = first.batch(EVERYONE, 5, 1)
    assert torch.equal(batch, second.batch(EVERYONE, 5, 1))
    assert batch.shape == pictures.shape
    assert not torch.equal(batch, pictures)
    other = first.batch(EVERYONE, 6, 2)
    assert not torch.equal(batch, other), "each time anew"
    assert not torch.equal(batch, Augmenter(pictures, how, 8, 33.3).batch(EVERYONE, 5, 1)), (
        "another seed, other changes"
    )


@pytest.mark.parametrize("pictures", [NOISE, COLOURED], ids=["grey", "colour"])
def test_without_a_change_pictures_come_as_they_are(pictures: Tensor) -> None:
    assert not Augmentation()
    assert torch.equal(Augmenter(pictures, Augmentation(), 7, 0).batch(EVERYONE, 5, 1), pictures)
    assert torch.allclose(augment.warped(pictures, 0.0, 0, 1, 2), pictures.float(), atol=1e-2)


def test_each_picture_faces_each_way_in_every_second_epoch() -> None:
    augmenter = Augmenter(COLOURED, Augmentation(mirror=True), 7, 0)
    even, odd = (augmenter.batch(EVERYONE, 0, epoch) for epoch in (0, 1))
    assert torch.equal(even.flip(-1), odd)
    as_they_are = (even == COLOURED).flatten(1).all(1)
    assert 15 < int(as_they_are.sum()) < 45, "about half of them first one way"
    assert torch.equal(even[~as_they_are], COLOURED.flip(-1)[~as_they_are])


def test_a_coloured_picture_is_continued_by_its_mirror_image() -> None:
    picture = torch.arange(16, dtype=torch.uint8).view(1, 1, 4, 4).repeat(1, 3, 1, 1)
    augmenter = Augmenter(picture, Augmentation(shift=1), 1, 0)
    seen = {tuple(augmenter.batch(torch.tensor([0]), step, 0)[0, 2, 0].tolist()) for step in range(60)}
    assert (0, 1, 2, 3) in seen
    assert (5, 4, 5, 6) in seen, "one row up and one column to the left: row 1, column 1 first"


def test_what_is_erased_is_one_square_cut_off_at_the_edge() -> None:
    hidden = augment.erased(torch.ones(500, 3, 12, 12, dtype=torch.uint8), 4, 0, seed=1, step=1) == 0
    assert torch.equal(hidden[:, 0], hidden[:, 2])
    areas = hidden[:, 0].sum((1, 2))
    assert areas.max() == 16
    assert areas.min() == 4, "the centre is always inside"
    for one in hidden[:, 0]:
        rows, columns = one.any(1), one.any(0)
        assert one.sum() == rows.sum() * columns.sum()


def test_warped_pictures_stay_in_their_range_and_move_no_further_than_said() -> None:
    dots = torch.zeros(200, 28, 28)
    dots[:, 14, 14] = 255
    result = augment.warped(dots, 1.0, 2, seed=3, step=9)
    assert result.min() >= 0
    assert result.max() <= 255
    places = torch.stack([result.flatten(1).argmax(1) // 28, result.flatten(1).argmax(1) % 28]).float() - 14
    away = places.norm(dim=0)
    assert away.max() < 2 * math.sqrt(2) + 4 * augment.BEND, "the shift, and a bending of four deviations"
    assert away.max() > 1


class OnePixel(torch.nn.Module):
    """Class 1 if the pixel at row 3, column 8 is bright."""

    def forward(self, pictures: Tensor) -> Tensor:
        bright = pictures[..., 3, 8].view(len(pictures), -1).float().mean(1) / 10
        return torch.stack([torch.zeros_like(bright), bright], 1)


@pytest.mark.parametrize("channels", [(), (3,)], ids=["grey", "colour"])
def test_occlusion_finds_the_one_pixel_that_matters(channels: tuple[int, ...]) -> None:
    picture = torch.zeros(*channels, 12, 12, dtype=torch.uint8)
    picture[..., 3, 8] = 40
    speaks_against, speaks_for = cnn_inside.occlusion(OnePixel(), picture, (0, 1))
    assert divmod(int(speaks_for.argmax()), 12) == (3, 8)
    # Every square over it takes the score from 4 to 0: log p falls from log(e⁴/(1+e⁴)) to log(1/2).
    drop = math.log(math.exp(4) / (1 + math.exp(4))) - math.log(0.5)
    assert float(speaks_for[3, 8]) == pytest.approx(drop, rel=1e-4)
    assert float(speaks_for[11, 0]) == 0
    assert float(speaks_against[3, 8]) < 0


def test_the_strongest_maps_come_first_and_are_scaled() -> None:
    maps = torch.stack([torch.full((2, 2), 3.0), torch.tensor([[0.0, 9.0], [1.0, 2.0]]), torch.eye(2) * 5])
    shown = cnn_inside.strongest_maps(maps, 2)
    assert torch.allclose(shown, torch.stack([torch.tensor([[0, 9], [1, 2]]) / 9, torch.eye(2)]))
    assert cnn_inside.strongest_maps(maps[:1], 8).tolist() == [[[0, 0], [0, 0]]]


def test_several_views_are_the_mean_of_the_places() -> None:
    picture = torch.zeros(1, 12, 12, dtype=torch.uint8)
    picture[0, 3, 8] = 40
    one = asking.probabilities_of(OnePixel(), picture, "cpu", 1, mirror=True)
    five = asking.probabilities_of(OnePixel(), picture, "cpu", 5, mirror=False)
    away = torch.tensor([0.5, 0.5])  # from four of the five places, another pixel is there
    assert torch.allclose(five[0], (one[0] + 4 * away) / 5, atol=1e-2)
    assert torch.equal(asking.seen_from(picture, 1, 0)[0, 4], picture[0, 3])
    assert torch.equal(asking.seen_from(picture, 0, -1)[0, :, 7], picture[0, :, 8])


def test_asking_leaves_a_network_in_training_as_it_was() -> None:
    net = cnn.Net(cnn.Shape(4, "max", 12, 12, 10, 100.0, 50.0, normalisation="batch", dropout=0.5)).train()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    assert torch.equal(asking.scores_of(net, NOISE, "cpu"), asking.scores_of(net, NOISE, "cpu"))
    assert net.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
