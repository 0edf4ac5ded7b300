"""What an organiser gets who makes a slip in a copy of the content: every problem, with file and line."""

import re
import shutil
from pathlib import Path

import pytest

from lessons.errors import PersonError
from lessons.load import ContentError, check, load_curriculum

SOURCE = Path(__file__).parents[2] / "lessons/content"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SOURCE, tmp_path / "content"))


def change(copy: Path, name: str, old: str, new: str) -> int:
    """Replaces the one place where ``old`` stands; returns its line."""
    file = copy / name
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def problems(copy: Path) -> list[str]:
    return [str(problem) for problem in check(copy).problems]


def test_an_unchanged_copy_loads(copy: Path) -> None:
    assert problems(copy) == []
    assert len(load_curriculum(copy).topics) == 14


CNN = "topics/05-cnn.yaml"


@pytest.mark.parametrize(
    ("name", "old", "new", "sentence"),
    [
        (
            CNN,
            "short_title: CNNs",
            "short_titel: CNNs",
            "`short_titel` is not a key of ours; did you mean `short_title`?",
        ),
        (CNN, "weight: 3", "weight: three", "`weight`: input should be a valid integer, and this is 'three'"),
        (CNN, "weight: 3", 'weight: "3"', "`weight`: input should be a valid integer, and this is '3'"),
        (CNN, "weight: 3", "weight: 0", "`weight`: input should be greater than or equal to 1, and this is 0"),
        (
            CNN,
            "title: Intro to CNNs",
            "title: Yes",
            "`resources[2].title`: input should be a valid string, and this is True",
        ),
        (
            CNN,
            "phase: core",
            "phase: kore",
            "there is no phase `kore`; the phases are foundations, core, advanced, expert",
        ),
        (CNN, "order: 2", "order: 3", "place 3 of the phase `core` is taken"),
        (CNN, "id: intro-to-cnns", "id: colah-lstm", "the resource id `colah-lstm` is taken"),
        (CNN, "id: intro-to-cnns", "id: Intro to CNNs", "`resources[2].id`: string should match pattern"),
        (CNN, "- id: receptive_field", "- id: bleu_1", "the skill id `bleu_1` is taken"),
        (CNN, "  id: cnn\n", "  id: chess\n", "`project.id` is not a project; the projects are preprocess, cnn"),
        (CNN, "  id: cnn\n", "  id: rnn\n", "the project `rnn` is taken"),
        (CNN, "url: https://cs231n", "url: ftp://cs231n", "`resources[1].url` should be a link that starts with http"),
        (
            CNN,
            "url: https://cs231n.github.io/convolutional-networks/",
            "url: https://x.org/a(b)",
            "breaks a link in a chat",
        ),
        (CNN, "url: https://cs231n.github.io/convolutional-networks/", "url: 'http://[oh'", "`resources[1].url`"),
        (CNN, "short_title: CNNs", "short_title: Convolutional networks", "`short_title` has 22 characters"),
        (
            CNN,
            "    kind: video\n",
            "    kind: film\n",
            "`resources[2].kind`: input should be 'reading', 'video', 'course' or",
        ),
        (
            CNN,
            "  - say what padding, stride and pooling are for\n",
            "  - [a, b]\n",
            "`outcomes[3]`: input should be a valid string",
        ),
        (
            "topics/04-backpropagation.yaml",
            "    note: The roadmap",
            "    added: true\n    note: The roadmap",
            "both `original` and `added`",
        ),
        ("roadmap.yaml", "short: 3, long: 4", "short: 4, long: 3", "a `short` end (4) above its `long` end (3)"),
        ("roadmap.yaml", "    ongoing: true\n", "", "either a `duration` or `ongoing: true`"),
        ("roadmap.yaml", "number: 3", "number: 5", "phases are numbered in order; this is 3"),
        ("roadmap.yaml", "topic: captioning", "topic: caption", "there is no topic `caption`"),
        (
            "roadmap.yaml",
            "duration: {unit: months, short: 1, long: 2}",
            "ongoing: true",
            "only the last phase can be ongoing",
        ),
    ],
)
def test_a_slip_is_named_with_its_line(copy: Path, name: str, old: str, new: str, sentence: str) -> None:
    line = change(copy, name, old, new)
    found = problems(copy)
    assert any(sentence in problem for problem in found), found
    place = found[0] if len(found) == 1 else next(p for p in found if sentence in p)
    file, at, _ = place.split(":", 2)
    if "is taken" in sentence:  # either of the two places may be the one that is pointed at
        assert f"{name}:{line}" in place
    else:
        assert file == name
        # a rule about a whole block points at where the block begins
        block = "either a" in sentence or "above its" in sentence or "both" in sentence
        assert int(at) <= line if block else int(at) == line, place


def test_a_topic_that_does_not_fit_one_card_says_by_how_much(copy: Path) -> None:
    change(copy, CNN, "    kind: video\n", f"    kind: video\n    note: {'long ' * 30}\n")
    text = (copy / CNN).read_text(encoding="utf-8")
    links = "".join(
        f"  - {{id: more-{i}, title: More, url: 'https://x.org/{'a' * 250}', kind: reading}}\n" for i in range(5)
    )
    (copy / CNN).write_text(text.replace("project:\n", f"{links}project:\n"), encoding="utf-8")
    (found,) = problems(copy)
    assert re.fullmatch(rf"{CNN}:1: this takes 3\d\d\d characters on its card and 3500 fit; shorten .*", found)


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("original", "https://cs231n.github.io/optimization-2/", "the same link as `url` and as `original`"),
        ("note", "", "replaces a link (`original`) without a `note` that says why"),
    ],
)
def test_a_replaced_link_says_what_it_replaces_and_why(copy: Path, key: str, value: str, sentence: str) -> None:
    name = "topics/04-backpropagation.yaml"
    text = (copy / name).read_text(encoding="utf-8")
    new = f"    {key}: {value}\n" if value else ""
    (copy / name).write_text(re.sub(rf"    {key}: .*\n", new, text, count=1), encoding="utf-8")
    (found,) = problems(copy)
    assert sentence in found


def test_a_copied_topic_is_seen_as_a_copy(copy: Path) -> None:
    shutil.copy(copy / CNN, copy / "topics/15-vision.yaml")
    found = problems(copy)
    assert any("`cnn` is not the id in the file's name (NN-cnn.yaml)" in p for p in found)
    assert any("topics/15-vision.yaml:1: the topic id `cnn` is taken, by topics/05-cnn.yaml:1" in p for p in found)


def test_a_text_of_the_wrong_length_says_how_many_words_it_has(copy: Path) -> None:
    text = (copy / CNN).read_text(encoding="utf-8")
    start = text.index("text: |")
    (copy / CNN).write_text(text[:start] + "text: Far too short.\n" + text[text.index("outcomes:") :])
    (found,) = problems(copy)
    assert found == f"{CNN}:{text[:start].count(chr(10)) + 1}: `text` has 3 words; it should have 120 to 250"


def test_a_missing_key_points_at_the_block_that_lacks_it(copy: Path) -> None:
    line = change(copy, CNN, "  - id: intro-to-cnns\n    title: Intro to CNNs\n", "  - id: intro-to-cnns\n")
    assert problems(copy) == [f"{CNN}:{line}: `resources[2].title` is missing"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "1: the file is empty"),
        ("id: cnn\ntitle: [unclosed\n", "this is not YAML"),
        ("id: cnn\n\ttitle: x\n", "2: this is not YAML"),
        ("id: cnn\ntitle: a: b\n", "2: this is not YAML"),
        ("id: cnn\nphase: core\nid: rnn\n", "3: `id` stands here a second time"),
        ("- cnn\n", "this file should be a block of `key: value` lines"),
        ("id: &a cnn\ntitle: *a\n", "uses an anchor"),
        ("a: &a [*a]\n", "uses an anchor"),
        ("id: cnn\n---\nid: rnn\n", "2: this is not YAML"),
        ("id: !!python/object:os.system x\n", "1: this is not YAML"),
        ("id: cnn\ntitle: \x07\n", "2: holds a character that YAML does not allow"),
        ("weight: 0b_\n", "holds a number that is none"),
        ("? [a, b]\n: c\n", "a key should be a plain word"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(copy: Path, content: str, sentence: str) -> None:
    (copy / CNN).write_text(content, encoding="utf-8")
    found = problems(copy)
    assert any(p.startswith(f"{CNN}:") and sentence in p for p in found), found
    assert not any("no topic is in the phase" in p or "there is no topic" in p for p in found), (
        "what only follows from the broken file is not reported"
    )


def test_a_file_in_another_encoding_names_the_line(copy: Path) -> None:
    (copy / CNN).write_bytes("id: cnn\ntitle: Café\n".encode("latin-1"))
    assert f"{CNN}:2: this is not UTF-8 text; save the file with that encoding" in problems(copy)


def test_missing_files_and_folders_are_named(copy: Path, tmp_path: Path) -> None:
    (copy / "roadmap.yaml").unlink()
    assert problems(copy) == ["roadmap.yaml:1: this file is missing"]
    nowhere = check(tmp_path / "nowhere")
    assert [problem.file for problem in nowhere.problems] == ["roadmap.yaml", "topics"]
    assert nowhere.summary == f"2 problems in {tmp_path / 'nowhere'}"


def test_a_yml_file_is_not_left_out_in_silence(copy: Path) -> None:
    (copy / CNN).rename(copy / "topics/05-cnn.yml")
    assert any("topics/05-cnn.yml:1: only names that end in .yaml are read" in p for p in problems(copy))


def test_a_phase_without_topics_is_named(copy: Path) -> None:
    for file in ("04-backpropagation", "05-cnn", "06-rnn"):
        (copy / f"topics/{file}.yaml").unlink()
    change(copy, "roadmap.yaml", "  - title: Digit Recognition with CNNs", "  - title: Digits")
    found = problems(copy)
    assert any("no topic is in the phase `core`" in problem for problem in found)
    assert any("there is no topic `cnn`" in problem for problem in found)


def test_more_topics_than_days_are_refused(copy: Path) -> None:
    line = change(copy, "roadmap.yaml", "short: 3, long: 4", "short: 1, long: 4")
    text = (copy / "topics/01-python-math.yaml").read_text(encoding="utf-8")
    for i in range(4, 9):  # five more than the three that are there: eight for seven days
        text_i = re.sub(r"\bid: ([a-z_-]+)", rf"id: \1x{i}", text).replace("order: 1", f"order: {i}")
        (copy / f"topics/{i:02}-python-mathx{i}.yaml").write_text(text_i, encoding="utf-8")
    assert problems(copy) == [f"roadmap.yaml:{line}: 8 topics do not fit into 7 days: each takes at least one"]


def test_all_problems_of_all_files_come_at_once_as_one_error(copy: Path) -> None:
    change(copy, CNN, "weight: 3", "weight: x")
    change(copy, CNN, 'emoji: "🖼️"', "emoji: picture")
    change(copy, "topics/06-rnn.yaml", "order: 3", "ordre: 3")
    change(copy, "roadmap.yaml", "long: 4", "long: 400")
    with pytest.raises(ContentError) as caught:
        load_curriculum(copy)
    assert isinstance(caught.value, PersonError)
    assert {problem.file for problem in caught.value.problems} == {CNN, "topics/06-rnn.yaml", "roadmap.yaml"}
    assert len(caught.value.problems) == 5  # the misspelt key is unknown, and the right one missing
    assert caught.value.sentence.startswith(f"The lessons in {copy} have 5 problems:\nroadmap.yaml:")
    for problem in caught.value.problems:
        assert f"{problem.file}:{problem.line}: " in str(caught.value)
