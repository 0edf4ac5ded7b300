"""From what people type to a time zone: "berlin", "Europe/Berlin", "UTC+2", "germany", "PST".

The names, and which country a zone is in, come from the tz database as the ``tzdata`` package ships it.
"""

import importlib.resources
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from functools import cache
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_ALIASES: Final[dict[str, tuple[str, ...]]] = {
    # Abbreviations. The tz database has some of them as zones without summer time, which is not what a person
    # who types "est" in July wants; where one means several places, they choose.
    "z": ("Etc/UTC",),
    "utc": ("Etc/UTC",),
    "gmt": ("Etc/UTC", "Europe/London"),
    "bst": ("Europe/London", "Asia/Dhaka"),
    "wet": ("Europe/Lisbon",),
    "cet": ("Europe/Berlin", "Europe/Paris", "Europe/Madrid", "Europe/Rome", "Europe/Warsaw"),
    "cest": ("Europe/Berlin", "Europe/Paris", "Europe/Madrid", "Europe/Rome", "Europe/Warsaw"),
    "mez": ("Europe/Berlin", "Europe/Vienna", "Europe/Zurich"),
    "eet": ("Europe/Athens", "Europe/Helsinki", "Europe/Bucharest", "Europe/Kyiv"),
    "eest": ("Europe/Athens", "Europe/Helsinki", "Europe/Bucharest", "Europe/Kyiv"),
    "msk": ("Europe/Moscow",),
    "et": ("America/New_York",),
    "est": ("America/New_York", "Australia/Brisbane"),
    "edt": ("America/New_York",),
    "ct": ("America/Chicago",),
    "cst": ("America/Chicago", "Asia/Shanghai"),
    "cdt": ("America/Chicago",),
    "mt": ("America/Denver",),
    "mst": ("America/Denver", "America/Phoenix"),
    "mdt": ("America/Denver",),
    "pt": ("America/Los_Angeles",),
    "pst": ("America/Los_Angeles", "Asia/Manila"),
    "pdt": ("America/Los_Angeles",),
    "ist": ("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"),
    "pkt": ("Asia/Karachi",),
    "sgt": ("Asia/Singapore",),
    "hkt": ("Asia/Hong_Kong",),
    "jst": ("Asia/Tokyo",),
    "kst": ("Asia/Seoul",),
    "aest": ("Australia/Sydney", "Australia/Melbourne", "Australia/Brisbane"),
    "aedt": ("Australia/Sydney", "Australia/Melbourne"),
    "nzst": ("Pacific/Auckland",),
    # Countries as people call them, where the database's own name differs.
    "germany": ("Europe/Berlin",),
    "china": ("Asia/Shanghai",),
    "uk": ("Europe/London",),
    "england": ("Europe/London",),
    "scotland": ("Europe/London",),
    "wales": ("Europe/London",),
    "holland": ("Europe/Amsterdam",),
    "usa": ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"),
    "us": ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"),
    "kiev": ("Europe/Kyiv",),
    "korea": ("Asia/Seoul",),
    "south korea": ("Asia/Seoul",),
    "uae": ("Asia/Dubai",),
    "czechia": ("Europe/Prague",),
    # Large cities that are no zone of their own.
    "abuja": ("Africa/Lagos",),
    "ankara": ("Europe/Istanbul",),
    "atlanta": ("America/New_York",),
    "austin": ("America/Chicago",),
    "bangalore": ("Asia/Kolkata",),
    "bengaluru": ("Asia/Kolkata",),
    "barcelona": ("Europe/Madrid",),
    "beijing": ("Asia/Shanghai",),
    "boston": ("America/New_York",),
    "calgary": ("America/Edmonton",),
    "cape town": ("Africa/Johannesburg",),
    "chennai": ("Asia/Kolkata",),
    "cologne": ("Europe/Berlin",),
    "dallas": ("America/Chicago",),
    "delhi": ("Asia/Kolkata",),
    "frankfurt": ("Europe/Berlin",),
    "geneva": ("Europe/Zurich",),
    "guangzhou": ("Asia/Shanghai",),
    "hamburg": ("Europe/Berlin",),
    "hanoi": ("Asia/Bangkok",),
    "houston": ("America/Chicago",),
    "hyderabad": ("Asia/Kolkata",),
    "islamabad": ("Asia/Karachi",),
    "kyoto": ("Asia/Tokyo",),
    "lahore": ("Asia/Karachi",),
    "manchester": ("Europe/London",),
    "marseille": ("Europe/Paris",),
    "miami": ("America/New_York",),
    "milan": ("Europe/Rome",),
    "montreal": ("America/Toronto",),
    "mumbai": ("Asia/Kolkata",),
    "munich": ("Europe/Berlin",),
    "munchen": ("Europe/Berlin",),
    "new delhi": ("Asia/Kolkata",),
    "nyc": ("America/New_York",),
    "osaka": ("Asia/Tokyo",),
    "ottawa": ("America/Toronto",),
    "philadelphia": ("America/New_York",),
    "pune": ("Asia/Kolkata",),
    "rio": ("America/Sao_Paulo",),
    "rio de janeiro": ("America/Sao_Paulo",),
    "saint petersburg": ("Europe/Moscow",),
    "san diego": ("America/Los_Angeles",),
    "san francisco": ("America/Los_Angeles",),
    "seattle": ("America/Los_Angeles",),
    "sf": ("America/Los_Angeles",),
    "shenzhen": ("Asia/Shanghai",),
    "tel aviv": ("Asia/Jerusalem",),
    "washington": ("America/New_York",),
    "wellington": ("Pacific/Auckland",),
    "wuhan": ("Asia/Shanghai",),
}

_PART_HOURS: Final[dict[int, str]] = {
    # Offsets in minutes without a zone of their own under Etc/; places there that have no summer time.
    -570: "Pacific/Marquesas",
    210: "Asia/Tehran",
    270: "Asia/Kabul",
    330: "Asia/Kolkata",
    345: "Asia/Kathmandu",
    390: "Asia/Yangon",
    525: "Australia/Eucla",
    570: "Australia/Darwin",
}

_COMMON: Final = (
    "Europe/London",
    "Europe/Berlin",
    "Europe/Paris",
    "Europe/Madrid",
    "Europe/Warsaw",
    "Europe/Istanbul",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Toronto",
    "America/Mexico_City",
    "America/Sao_Paulo",
    "Africa/Cairo",
    "Africa/Lagos",
    "Africa/Nairobi",
    "Asia/Dubai",
    "Asia/Karachi",
    "Asia/Kolkata",
    "Asia/Singapore",
    "Asia/Jakarta",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Asia/Seoul",
    "Australia/Sydney",
)
"""What is offered before anything is typed: one zone for each large group of people."""

_OFFSET = re.compile(r"^(?:utc|gmt)?\s*([+\-−–])\s*(\d{1,2})(?::?([0-5]\d))?$")


@dataclass(frozen=True)
class ZoneFound:
    """One zone is meant."""

    zone: ZoneInfo

    @property
    def name(self) -> str:
        """The IANA name, for storing."""
        return self.zone.key


@dataclass(frozen=True)
class ZoneAmbiguous:
    """Several zones go by that name; at least two, the likeliest first."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class ZoneUnknown:
    """Nothing goes by that name. ``similar`` may be empty."""

    similar: tuple[str, ...]


ZoneResult: TypeAlias = ZoneFound | ZoneAmbiguous | ZoneUnknown


def find_zone(text: str) -> ZoneResult:
    """The zone that someone means who types ``text``: an IANA name, a city, a country, an offset.

    "UTC+2" is the plain offset, without summer time: it is what was asked for.
    """
    key = _plain(text)
    offset = _OFFSET.match(text.strip().lower())
    if offset is not None:
        return _of_offset(offset)
    names = _words().get(key) or _older_names().get(key, ())
    match names:
        case ():
            return ZoneUnknown(_similar(key))
        case (name,):
            return ZoneFound(ZoneInfo(name))
        case _:
            return ZoneAmbiguous(names)


def suggest_zones(prefix: str, limit: int = 25) -> tuple[str, ...]:
    """At most ``limit`` IANA names for autocomplete, those that begin with ``prefix`` first."""
    key = _plain(prefix)
    if not key:
        return _COMMON[:limit]
    names: list[str] = []
    match find_zone(prefix):
        case ZoneFound(zone):
            names.append(zone.key)
        case ZoneAmbiguous(several):
            names.extend(several)
        case ZoneUnknown():
            pass
    words = _words()
    for fits in (str.startswith, str.__contains__):
        found = [name for word in words if fits(word, key) for name in words[word]]
        names.extend(sorted(found, key=lambda name: (name not in _COMMON, name.rpartition("/")[2])))
    names.extend(_similar(key))
    return tuple(dict.fromkeys(names))[:limit]


def zone_or_utc(name: str) -> ZoneInfo:
    """The zone of that name; UTC where a newer tz database has dropped it, so that one row stops no sweep."""
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        return ZoneInfo("Etc/UTC")


def describe_zone(name: str, now: datetime) -> str:
    """How a list shows a zone: "Europe/Berlin, now 14:05 (UTC+2)". At most 100 characters.

    Raises:
        ZoneInfoNotFoundError: no zone has that name.
    """
    local = now.astimezone(ZoneInfo(name))
    offset = local.strftime("%z")
    hours, minutes = int(offset[1:3]), offset[3:5]
    part = f":{minutes}" if minutes != "00" else ""
    return f"{name}, now {local:%H:%M} (UTC{offset[0]}{hours}{part})".replace("UTC+0)", "UTC)")


def _plain(text: str) -> str:
    """Small letters without accents, one blank between words."""
    letters = unicodedata.normalize("NFKD", text.lower().replace("_", " "))
    return " ".join("".join(c for c in letters if not unicodedata.combining(c)).split())


def _of_offset(offset: re.Match[str]) -> ZoneResult:
    sign = 1 if offset[1] == "+" else -1
    minutes = sign * (int(offset[2]) * 60 + int(offset[3] or 0))
    if minutes % 60 == 0 and -12 <= minutes // 60 <= 14:
        hours = minutes // 60
        # The signs under Etc/ are those of POSIX: west is positive.
        return ZoneFound(ZoneInfo("Etc/UTC" if hours == 0 else f"Etc/GMT{-hours:+d}"))
    if minutes in _PART_HOURS:
        return ZoneFound(ZoneInfo(_PART_HOURS[minutes]))
    return ZoneUnknown(())


def _similar(key: str) -> tuple[str, ...]:
    words = _words()
    close = get_close_matches(key, words, n=5, cutoff=0.75)
    return tuple(dict.fromkeys(name for word in close for name in words[word]))[:5]


@cache
def _words() -> dict[str, tuple[str, ...]]:
    """Full names, cities, countries and what else people say, each with the zones that go by it."""
    words: dict[str, list[str]] = {}
    countries = dict(line.split("\t") for line in _table("zoneinfo", "iso3166.tab"))
    for line in _table("zoneinfo", "zone.tab"):
        code, _, name = line.split("\t")[:3]
        for word in (_plain(name), _plain(name.rpartition("/")[2]), _plain(countries[code])):
            words.setdefault(word, []).append(name)
    return {word: tuple(dict.fromkeys(names)) for word, names in words.items()} | _ALIASES


@cache
def _older_names() -> dict[str, tuple[str, ...]]:
    """Every name of the database, also those kept for older software: found in full, never suggested."""
    return {_plain(name): (name,) for name in _table("zones") if name != "Factory"}


def _table(*path: str) -> list[str]:
    text = importlib.resources.files("tzdata").joinpath(*path).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
