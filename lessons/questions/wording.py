"""How numbers, shapes and terms are written in questions."""


def count(value: int) -> str:
    """A whole number with thin groups: ``1,048,576``."""
    return f"{value:,}"


def decimal(value: float, digits: int = 2) -> str:
    """A number rounded to ``digits`` decimals, with a real minus and no negative zero: ``−0.25``."""
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return text.replace("-", "−")


def short(value: float, digits: int = 4) -> str:
    """A number with at most ``digits`` decimals and no trailing zeros: ``0.5``, ``−3``."""
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return ("0" if text in {"-0", ""} else text).replace("-", "−")


def shape(*sizes: int) -> str:
    """A shape in code marks: ``(3, 1, 4)``."""
    inner = ", ".join(map(str, sizes)) + ("," if len(sizes) == 1 else "")
    return f"`({inner})`"


def percent(share: float, digits: int = 1) -> str:
    """A share in per cent: ``12.5 %``."""
    return f"{decimal(100 * share, digits)} %"
