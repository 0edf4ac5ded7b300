"""The judge that is kept between runs: a file that is spoilt is no reason to fail."""

import io
import pickle
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workers.recipes.gan_judge import Judge, Shape, kept_judge, packed

SHAPE = Shape(28, 28, 10, 0.13, 0.3)


@pytest.fixture(scope="module")
def good() -> bytes:
    """A judge's file."""
    torch.manual_seed(0)
    return packed(Judge(SHAPE))


def as_torch(value: object) -> bytes:
    stream = io.BytesIO()
    torch.save(value, stream)
    return stream.getvalue()


def test_a_good_file_is_read_to_the_digit(good: bytes, tmp_path: Path) -> None:
    path = tmp_path / "judge.pt"
    path.write_bytes(good)
    judge = kept_judge(path)
    assert judge is not None
    assert packed(judge) == good


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no judge",
        pickle.dumps({"shape": 3}),
        as_torch({}),
        as_torch({"shape": {"wrong": 1}, "weights": {}}),
        as_torch({"shape": {}, "weights": 7}),
        as_torch([1, 2]),
        as_torch(torch.zeros(3)),
    ],
)
def test_a_file_that_holds_no_judge_is_none(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "judge.pt"
    path.write_bytes(data)
    assert kept_judge(path) is None
    assert kept_judge(tmp_path / "not-there.pt") is None
    assert kept_judge(tmp_path) is None


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_that_is_cut_or_spoilt_anywhere_never_raises(good: bytes, tmp_path: Path, data: st.DataObject) -> None:
    spoilt = bytearray(good[: data.draw(st.integers(0, len(good)))])
    for _ in range(data.draw(st.integers(0, 3))):
        if spoilt:
            spoilt[data.draw(st.integers(0, len(spoilt) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "judge.pt"
    path.write_bytes(bytes(spoilt))
    kept_judge(path)
