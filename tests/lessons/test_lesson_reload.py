"""Lessons that are edited while they are served: good ones come at once, bad ones never."""

import shutil
from pathlib import Path

import pytest

from lessons.load import ContentError
from lessons.reload import Broken, LatestCurriculum, Reloaded, Unchanged

CONTENT = Path(__file__).parents[2] / "lessons" / "content"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy to edit."""
    return shutil.copytree(CONTENT, tmp_path / "content")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_content_of_the_package_never_changes() -> None:
    assert LatestCurriculum(None).look() == Unchanged()


def test_an_edited_text_is_served_and_looked_at_once(folder: Path) -> None:
    latest = LatestCurriculum(folder)
    before = latest.current
    edit(folder / "topics" / "05-cnn.yaml", "Convolutional Neural Networks (CNNs)", "Networks That Convolve")
    look = latest.look()
    assert isinstance(look, Reloaded)
    assert (look.before, look.summary) == (before, "texts only")
    assert latest.current.topic("cnn").title == "Networks That Convolve"
    assert latest.look() == Unchanged()


def test_broken_content_is_named_with_file_and_line_and_the_last_good_one_stays(folder: Path) -> None:
    latest = LatestCurriculum(folder)
    before = latest.current
    path = folder / "topics" / "05-cnn.yaml"
    edit(path, "short_title:", "shorttitle:")
    look = latest.look()
    assert isinstance(look, Broken)
    line = next(i for i, text in enumerate(path.read_text().splitlines(), 1) if text.startswith("shorttitle"))
    assert f"topics/05-cnn.yaml:{line}: " in "\n".join(map(str, look.problems))
    assert latest.current is before
    assert latest.look() == Unchanged(), "it is said once, not at every look"
    edit(path, "shorttitle:", "short_title:")
    assert latest.look() == Unchanged(), "it is the good content again"
    assert latest.current.version == before.version


def test_a_good_edit_is_served_once_a_stray_file_beside_it_is_gone(folder: Path) -> None:
    latest = LatestCurriculum(folder)
    stray = folder / "topics" / "05-cnn.yml"
    stray.write_text("")
    edit(folder / "topics" / "05-cnn.yaml", "Convolutional Neural Networks (CNNs)", "Networks That Convolve")
    assert isinstance(latest.look(), Broken)
    stray.unlink()
    assert isinstance(latest.look(), Reloaded)
    assert latest.current.topic("cnn").title == "Networks That Convolve"


def test_a_folder_that_is_gone_changes_nothing(folder: Path) -> None:
    latest = LatestCurriculum(folder)
    before = latest.current
    shutil.rmtree(folder)
    assert isinstance(latest.look(), Broken)
    assert latest.current is before


def test_what_is_new_and_what_is_gone_is_said(folder: Path) -> None:
    latest = LatestCurriculum(folder)
    edit(folder / "topics" / "05-cnn.yaml", "  - id: receptive_field", "  - id: receptive_field_of_old")
    look = latest.look()
    problems = "\n".join(map(str, look.problems)) if isinstance(look, Broken) else ""
    assert "receptive_field" in problems, "questions about a skill that is gone are named"


def test_wrong_content_at_the_start_is_refused(folder: Path) -> None:
    edit(folder / "roadmap.yaml", "title:", "tittle:")
    with pytest.raises(ContentError, match=r"roadmap\.yaml:\d+: "):
        LatestCurriculum(folder)
