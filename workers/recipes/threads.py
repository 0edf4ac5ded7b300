"""How torch's threads wait for each other; to be settled before torch is loaded."""

from collections.abc import MutableMapping

_SPINS = "2000"


def wait_politely(environment: MutableMapping[str, str]) -> None:
    """Lets OpenMP's threads spin only for a moment before they sleep, unless the operator has settled it.

    By default they spin for milliseconds. Where something else wants the cores (a bot, a database, a second run) that
    takes the time of the very thread they wait for: an epoch of the CNN beside another one on two cores took 116 s
    by default, 14 s so, and alone 3.5 s and 3.8 s.
    """
    if "OMP_WAIT_POLICY" not in environment:
        environment.setdefault("GOMP_SPINCOUNT", _SPINS)
