"""Shares as people read them."""


def percent(share: float, digits: int = 1) -> str:
    """E.g. ``99.2 %`` for 0.992, with the space that the unit has everywhere else."""
    return f"{share * 100:.{digits}f} %"
