"""What people type when they are asked for their time zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.zones import ZoneAmbiguous, ZoneFound, ZoneUnknown, describe_zone, find_zone, suggest_zones


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("  new   york ", "America/New_York"),
        ("new_york", "America/New_York"),
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("são paulo", "America/Sao_Paulo"),
        ("Zürich", "Europe/Zurich"),
        ("München", "Europe/Berlin"),
        ("San Francisco", "America/Los_Angeles"),
        ("germany", "Europe/Berlin"),
        ("India", "Asia/Kolkata"),
        ("UK", "Europe/London"),
        ("Japan", "Asia/Tokyo"),
        ("Kiev", "Europe/Kyiv"),
        ("utc", "Etc/UTC"),
        ("UTC+0", "Etc/UTC"),
        ("US/Pacific", "US/Pacific"),
        ("EDT", "America/New_York"),
    ],
)
def test_one_zone_is_meant(typed: str, name: str) -> None:
    match find_zone(typed):
        case ZoneFound() as found:
            assert found.name == name
        case other:
            pytest.fail(f"{typed}: {other}")


@pytest.mark.parametrize(
    ("typed", "hours"),
    [("UTC+2", 2), ("utc-5", -5), ("GMT +1", 1), ("+14", 14), ("UTC−3", -3), ("UTC+5:30", 5.5), ("+0545", 5.75)],
)
def test_an_offset_means_that_offset_and_not_its_opposite(typed: str, hours: float) -> None:
    result = find_zone(typed)
    assert isinstance(result, ZoneFound)
    for month in (1, 7):  # no summer time: that is what was asked for
        offset = datetime(2026, month, 1, tzinfo=UTC).astimezone(result.zone).utcoffset()
        assert offset is not None
        assert offset.total_seconds() == hours * 3600


@pytest.mark.parametrize("typed", ["UTC+15", "UTC-13", "+99:00", "UTC+2:17"])
def test_an_offset_that_no_place_has_is_unknown(typed: str) -> None:
    assert find_zone(typed) == ZoneUnknown(())


def test_a_name_of_several_zones_is_asked_back() -> None:
    assert find_zone("IST") == ZoneAmbiguous(("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"))
    brazil = find_zone("Brazil")
    assert isinstance(brazil, ZoneAmbiguous)
    assert "America/Sao_Paulo" in brazil.names


def test_abbreviations_follow_summer_time_where_people_do() -> None:
    # The tz database has zones called EST and MST that never change; a New Yorker who types "est" is not there.
    match find_zone("EST"):
        case ZoneAmbiguous(names):
            assert names[0] == "America/New_York"
        case other:
            pytest.fail(str(other))


def test_a_slip_gets_what_is_like_it() -> None:
    result = find_zone("berlni")
    assert isinstance(result, ZoneUnknown)
    assert "Europe/Berlin" in result.similar
    assert find_zone("qqqqqqq") == ZoneUnknown(())
    assert find_zone("") == ZoneUnknown(())


def test_every_name_that_is_offered_is_found_again() -> None:
    offered = {name for start in "abcdefghijklmnopqrstuvwxyz" for name in suggest_zones(start, limit=1000)}
    assert len(offered) > 400
    for name in offered:
        assert find_zone(name) == ZoneFound(ZoneInfo(name))


def test_what_begins_with_the_letters_comes_first_and_large_places_before_small() -> None:
    assert suggest_zones("be")[0] == "Europe/Berlin"
    assert suggest_zones("lon")[0] == "Europe/London"
    assert suggest_zones("est")[0] == "America/New_York"
    assert suggest_zones("utc+2")[0] == "Etc/GMT-2"
    assert "Europe/Berlin" in suggest_zones("brelin")


@given(st.text(max_size=40))
def test_whatever_is_typed_gets_an_answer_that_a_menu_can_show(typed: str) -> None:
    names = suggest_zones(typed)
    assert len(names) <= 25
    assert len(set(names)) == len(names)
    match find_zone(typed):
        case ZoneFound() as found:
            assert found.name in names
        case ZoneAmbiguous(several):
            assert len(several) >= 2
        case ZoneUnknown(similar):
            assert len(similar) <= 5


def test_before_anything_is_typed_there_is_a_menu() -> None:
    names = suggest_zones("")
    assert len(names) == 25
    assert suggest_zones("", limit=3) == names[:3]


def test_a_list_shows_the_clock_so_that_a_mistake_is_seen() -> None:
    now = datetime(2026, 7, 1, 12, 5, tzinfo=UTC)
    assert describe_zone("Europe/Berlin", now) == "Europe/Berlin, now 14:05 (UTC+2)"
    assert describe_zone("Asia/Kolkata", now) == "Asia/Kolkata, now 17:35 (UTC+5:30)"
    assert describe_zone("America/New_York", now) == "America/New_York, now 08:05 (UTC-4)"
    assert describe_zone("Etc/UTC", now) == "Etc/UTC, now 12:05 (UTC)"
