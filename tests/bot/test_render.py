"""Reports become messages that Discord takes, and tables that a phone can show."""

from bot.render import FILES_MAX, render_report
from bot.wording import TABLE_MAX, bar, duration, table
from workers.report import Picture, Report, Table, Text


def test_no_more_pictures_than_a_message_may_carry() -> None:
    names = [f"sample-{number}.png" for number in range(14)]
    report = Report("fourteen pictures", tuple(Picture(name, name) for name in names))
    rendered = render_report(report, dict.fromkeys(names, b"png"))
    assert [file.filename for file in rendered.files] == names[:FILES_MAX]
    assert len(rendered.items) == FILES_MAX


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
