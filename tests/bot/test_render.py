"""Reports become messages that Discord takes, and tables that a phone can show."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.fitting import FILES_BYTES, Room, cut, length, share_out, short_table
from bot.playground.components import ComponentCheck
from bot.playground.form import Form
from bot.render import FILES_MAX, Rendered, render_report
from bot.ui import card
from bot.wording import TABLE_MAX, bar, duration, table
from workers.report import File, Part, Picture, Report, Table, Text

PNG = b"png"


def words(rendered: Rendered) -> list[str]:
    """The texts of a report."""
    parts = [item.to_component_dict() for item in rendered.items]
    return [str(part["content"]) for part in parts if "content" in part]


def check(rendered: Rendered) -> None:
    """Refuse what Discord refuses."""
    form = Form()
    names = [file.filename for file in rendered.files]
    ComponentCheck(form, names).message(card(*rendered.items).to_components(), (), v2=True)
    form.settle()
    assert len(names) <= FILES_MAX
    assert len(set(names)) == len(names)


def test_no_more_pictures_than_a_message_may_carry_and_the_card_says_how_many_stay() -> None:
    names = [f"sample-{number}.png" for number in range(14)]
    report = Report("fourteen pictures", tuple(Picture(name, name) for name in names))
    rendered = render_report(report, dict.fromkeys(names, PNG))
    assert [file.filename for file in rendered.files] == names[:FILES_MAX]
    assert words(rendered) == ["-# Left out here: 4 pictures beyond the 10 that a message carries."]


def test_a_picture_too_large_for_discord_stays_behind_and_the_rest_arrives() -> None:
    report = Report("g", (Picture("big.gif", "Big"), Text("words"), Picture("small.gif", "Small")))
    rendered = render_report(report, {"big.gif": bytes(FILES_BYTES + 1), "small.gif": b"GIF89a"})
    assert [file.filename for file in rendered.files] == ["small.gif"]
    assert words(rendered) == ["words", "-# Left out here: too large for one message of Discord's: `big.gif` (9.9 MB)."]


def test_of_pictures_too_large_together_the_largest_stays_behind() -> None:
    sizes = {"a.png": FILES_BYTES // 2, "b.gif": FILES_BYTES // 2 + 10, "c.png": 9}
    report = Report("g", tuple(Picture(name, name) for name in sizes))
    rendered = render_report(report, {name: bytes(size) for name, size in sizes.items()})
    assert [file.filename for file in rendered.files] == ["a.png", "c.png"]


def test_a_picture_named_twice_is_sent_and_shown_once() -> None:
    rendered = render_report(Report("t", (Picture("a.png", "a"), Picture("a.png", "again"))), {"a.png": PNG})
    assert [file.filename for file in rendered.files] == ["a.png"]
    assert len(rendered.items) == 1


def test_a_long_text_gives_way_to_short_ones() -> None:
    report = Report("t", (Text("short"), Text("word " * 2000), Table(("a", "b"), (("1", "2"),))))
    rendered = render_report(report, {}, room=Room(characters=500))
    short, long, rows = words(rendered)
    assert short == "short"
    assert long.endswith("word …")
    assert 400 < len(long) + len(rows) + 5 <= 500
    assert "1  2" in rows


def test_a_long_table_says_how_many_rows_it_leaves_out() -> None:
    shown = short_table(("class", "right"), [(f"class {n}", "97 %") for n in range(300)], "By class", 400)
    assert len(shown) <= 400
    assert shown.startswith("**By class**\n```\nclass")
    kept = shown.count("97 %")
    assert shown.endswith(f"```\n-# … and {300 - kept} more rows")


def test_many_short_texts_become_few() -> None:
    report = Report("t", tuple(Text(f"line {n}") for n in range(60)))
    (only,) = words(render_report(report, {}))
    assert only.splitlines() == [f"line {n}" for n in range(60)]


@pytest.mark.parametrize(("lengths", "room", "most"), [([1, 2], 9, 2), ([10, 20, 500, 600], 100, 35), ([9, 9], 10, 5)])
def test_room_is_shared_out_so_that_short_texts_stay_whole(lengths: list[int], room: int, most: int) -> None:
    assert share_out(lengths, room) == most


def test_a_text_is_cut_between_words_and_a_code_block_is_closed() -> None:
    assert cut("The network has learnt. It reads digits.", 36) == "The network has learnt. …"
    assert cut("```\nall of this is code and runs on\n```", 30) == "```\nall of this is code\n``` …"
    assert length(cut("🔢" * 100, 21)) <= 21


ANYTHING = st.text(st.characters(codec="utf-8"), max_size=3000)
NAMES = st.sampled_from(["a.png", "b.gif", "c.png", "model.pt", "lost.png"])
PARTS: st.SearchStrategy[Part] = st.one_of(
    st.builds(Text, ANYTHING),
    st.builds(Picture, NAMES, ANYTHING),
    st.builds(File, NAMES, ANYTHING),
    st.builds(
        Table,
        st.lists(ANYTHING, max_size=6).map(tuple),
        st.lists(st.lists(ANYTHING, max_size=7).map(tuple), max_size=40).map(tuple),
        ANYTHING,
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=50), st.booleans())
def test_whatever_a_recipe_reports_discord_takes_it(parts: list[Part], skip: bool) -> None:
    files = dict.fromkeys(["a.png", "b.gif", "c.png", "model.pt"], PNG)
    rendered = render_report(Report("", (*parts, Text("end"))), files, skip_files=skip)
    check(rendered)
    assert sum(length(each) for each in words(rendered)) <= Room().characters + 60


def test_a_picture_that_was_not_kept_is_left_out() -> None:
    report = Report("one of two", (Picture("a.png", "a"), Text("words"), Picture("b.png", "b")))
    rendered = render_report(report, {"b.png": b"png"})
    assert [file.filename for file in rendered.files] == ["b.png"]
    assert len(rendered.items) == 2


def test_a_narrow_table_is_aligned_and_a_wide_one_becomes_a_list() -> None:
    narrow = table(["run", "result"], [["1", "99.1 %"], ["12", "8.0 %"]])
    assert narrow.splitlines()[-3:] == ["1    99.1 %", "12    8.0 %", "```"]
    wide = table(["", "test accuracy", "training"], [["x" * TABLE_MAX, "99.16 %", "–"]])
    assert wide == f"- {'x' * TABLE_MAX}: test accuracy **99.16 %**"
    shown = render_report(Report("t", (Table(("a", "b"), (("1", "2"),), title="Both"),)), {}).items[0]
    assert "**Both**" in str(shown.to_component_dict()["content"])


def test_times_and_bars_are_as_exact_as_a_person_cares() -> None:
    assert [duration(s) for s in (0.44, 12.3, 89.4, 100, 3600, 5000)] == [
        "0.4 s",
        "12 s",
        "89 s",
        "2 min",
        "1 h",
        "1 h 23 min",
    ]
    assert [bar(part, 4) for part in (-1, 0, 0.5, 0.99, 2)] == ["▱▱▱▱", "▱▱▱▱", "▰▰▱▱", "▰▰▰▱", "▰▰▰▰"]
