"""Reinforcement learning: how an agent explores, and what its replay buffer and target network hold."""

from dataclasses import dataclass
from random import Random
from typing import Literal

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Redraw
from lessons.questions.model import GridPicture, Typed
from lessons.questions.wording import count, decimal, percent, short

ACTIONS = ("up", "down", "left", "right", "wait", "jump")


def bracketed(value: float) -> str:
    """A number as it stands after an operator."""
    return short(value) if value >= 0 else f"({short(value)})"


def _amount(value: float) -> str:
    """A mean count: whole, or with one decimal."""
    return f"{value:,.1f}".removesuffix(".0")


@dataclass(frozen=True, slots=True)
class Exploring:
    """An ε-greedy agent in one state, or over a training."""

    kind: Literal["best", "other", "often", "schedule"]
    values: tuple[float, ...]
    """Its Q-values in this state; one of them is the largest."""
    epsilon: float
    asked: int
    """The action that is asked for, when it is not the best."""
    steps: int
    length: int
    """Steps over which ε falls, for ``schedule``."""


def draw_epsilon_greedy(dice: Random) -> Exploring:
    """Three to six actions; ε large enough to make the difference plain."""
    actions = dice.choice((3, 4, 5, 6))
    values = tuple(dice.sample((-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0), actions))
    length = dice.choice((1000, 2000, 5000, 10_000, 20_000))
    return Exploring(
        kind=dice.choice(("best", "best", "other", "often", "schedule")),
        values=values,
        epsilon=dice.choice((0.05, 0.1, 0.12, 0.2, 0.3, 0.4, 0.5)),
        asked=dice.randrange(actions),
        steps=length * dice.choice((10, 20, 25, 40, 50, 60, 75, 80)) // 100,
        length=length,
    )


def ask_epsilon_greedy(given: Exploring) -> Draft:
    """Sutton and Barto 2018, section 2.2: the random action is drawn among all, the best one included."""
    match given.kind:
        case "best" | "other":
            return _ask_chance(given)
        case "often":
            return _ask_often(given)
        case "schedule":
            return _ask_schedule(given)


def _table(given: Exploring) -> GridPicture:
    return GridPicture(
        cells=(tuple(map(short, given.values)),), rows=("Q(s, a)",), columns=ACTIONS[: len(given.values)]
    )


def _ask_chance(given: Exploring) -> Draft:
    n, eps = len(given.values), given.epsilon
    best = given.values.index(max(given.values))
    asked = best if given.kind == "best" else given.asked
    if given.kind == "other" and (asked == best):
        raise Redraw
    right = 1 - eps + eps / n if asked == best else eps / n
    wrong = [
        (
            1 / n,
            "all-alike",
            f"That is a purely random agent. This one is random only with probability {eps} and greedy otherwise.",
        ),
    ]
    if asked == best:
        wrong += [
            (
                1 - eps,
                "random-never-hits-the-best",
                f"That leaves out that the random draw hits the best action too: add {eps} / {n}.",
            ),
            (
                1 - eps / n,
                "only-one-nth-explores",
                f"That takes only {eps} / {n} off. Each of the {n - 1} other actions gets that much.",
            ),
            (eps, "turned-epsilon-over", f"ε = {eps} is the chance to draw at random, not to be greedy."),
            (
                1.0,
                "always-greedy",
                f"That is a greedy agent. With probability {eps} this one draws an action at random.",
            ),
        ]
    else:
        wrong += [
            (
                eps,
                "all-of-epsilon",
                f"That gives the whole ε to one action. It is shared by all {n}.",
            ),
            (
                eps / (n - 1),
                "random-never-hits-the-best",
                f"That shares ε among the {n - 1} others. The random draw is among all {n} actions, the best included.",
            ),
            (
                0.0,
                "never-the-worse",
                f"That is a greedy agent. With probability {eps} this one draws any action.",
            ),
        ]
    name = ACTIONS[asked]
    return Draft(
        stem=(
            f"An ε-greedy agent with ε = {eps} draws its random action evenly among all {n}, the best included. With "
            f"these Q-values, what is the probability that it takes *{name}*, in per cent with one decimal?"
        ),
        right=percent(right),
        wrong=apart(right, wrong, percent, 0.004),
        solution=(
            f"`{name}` is {'' if asked == best else 'not '}the best: "
            + (
                f"`1 − {eps} + {eps} / {n} = {percent(right)}`"
                if asked == best
                else f"`{eps} / {n} = {percent(right)}`"
            )
        ),
        typed=Typed(100 * right, 0.06, "%"),
        picture=_table(given),
    )


def _ask_often(given: Exploring) -> Draft:
    n, eps, steps = len(given.values), given.epsilon, 1200
    right = eps * (n - 1) / n * steps
    return Draft(
        stem=(
            f"An ε-greedy agent with ε = {eps} has {n} actions and draws its random action evenly among all, the best "
            f"included. In how many of {count(steps)} steps, on average, does it *not* take the action with the "
            "largest Q-value?"
        ),
        right=_amount(right),
        wrong=apart(
            right,
            (
                (
                    eps * steps,
                    "random-never-hits-the-best",
                    f"That is how often it draws at random. One of {n} such draws hits the best action all the same.",
                ),
                (
                    eps / n * steps,
                    "one-action-only",
                    f"That is how often *one* given worse action is taken. There are {n - 1} of them.",
                ),
                (
                    (1 - eps) * steps,
                    "counted-the-greedy",
                    "That is how often it acts greedily on purpose. Asked are the other steps.",
                ),
                (
                    steps * (n - 1) / n,
                    "all-alike",
                    f"That is a purely random agent. This one draws at random only with probability {eps}.",
                ),
            ),
            _amount,
            2,
        ),
        solution=f"`{eps} · {n - 1}/{n} · {count(steps)} = {_amount(right)}`",
        typed=Typed(right, 0.5, "steps"),
    )


FIRST, LAST = 1.0, 0.05
"""Between which ε falls in ``schedule``."""


def _ask_schedule(given: Exploring) -> Draft:
    share = given.steps / given.length
    right = FIRST + (LAST - FIRST) * share
    return Draft(
        stem=(
            f"ε falls in a straight line from {short(FIRST)} to {LAST} over the first {count(given.length)} steps and "
            f"then stays there. What is it at step {count(given.steps)}, to three decimals?"
        ),
        right=decimal(right, 3),
        wrong=apart(
            right,
            (
                (
                    1 - share,
                    "fell-to-zero",
                    f"That falls to 0. ε ends at {LAST}, so on the way it loses {short(FIRST - LAST)} in all.",
                ),
                (
                    LAST + (FIRST - LAST) * share,
                    "turned-the-line-over",
                    "That rises. An agent explores much at first and less as it learns.",
                ),
                (
                    FIRST * LAST**share,
                    "fell-by-a-factor",
                    "That falls by the same *factor* in each step. A straight line falls by the same amount.",
                ),
                (
                    (FIRST + LAST) / 2,
                    "took-the-middle",
                    f"That is ε half-way. Step {count(given.steps)} is {percent(share, 0)} of the way.",
                ),
            ),
            lambda value: decimal(value, 3),
            0.006,
        ),
        solution=f"`{short(FIRST)} − ({short(FIRST)} − {LAST}) · {count(given.steps)} / {count(given.length)} = "
        f"{decimal(right, 3)}`",
        typed=Typed(right, 0.0006),
    )


@dataclass(frozen=True, slots=True)
class Memory:
    """A replay buffer, and a target network that follows."""

    kind: Literal["soft", "copied", "oldest", "used"]
    target: float
    online: float
    tau: float
    updates: int
    every: int
    """Updates between two copies."""
    now: int
    """The update after which the copy is looked at."""
    pause: int
    """Steps between two batches."""
    capacity: int
    steps: int
    batch: int


def draw_replay_and_target(dice: Random) -> Memory:
    """Weights for a soft update, and round numbers of steps that are not multiples of the period."""
    capacity = dice.choice((5000, 10_000, 20_000, 50_000))
    return Memory(
        kind=dice.choice(("soft", "soft", "copied", "oldest", "used")),
        target=float(dice.randint(-4, 8)),
        online=float(dice.randint(-4, 8)),
        tau=dice.choice((0.01, 0.05, 0.1, 0.2)),
        updates=dice.choice((1, 1, 2)),
        every=dice.choice((100, 200, 250, 500)),
        now=dice.randint(600, 8000),
        pause=dice.choice((1, 2, 4, 8)),
        capacity=capacity,
        steps=capacity + dice.choice((-2500, 1200, 2500, 4000, 7000, 12_000)),
        batch=dice.choice((32, 64, 128)),
    )


def ask_replay_and_target(given: Memory) -> Draft:
    """Lillicrap et al. 2016 for the soft update; Mnih et al. 2015 for copies and the buffer."""
    match given.kind:
        case "soft":
            return _ask_soft(given)
        case "copied":
            return _ask_copied(given)
        case "oldest":
            return _ask_oldest(given)
        case "used":
            return _ask_used(given)


def _ask_soft(given: Memory) -> Draft:
    old, new, tau, times = given.target, given.online, given.tau, given.updates
    if abs(old - new) < 3:
        raise Redraw
    right = new + (old - new) * (1 - tau) ** times
    once = (1 - tau) * old + tau * new
    wrong = [
        (
            new + (old - new) * tau**times,
            "swapped-the-shares",
            f"That gives the trained network the share 1 − τ. τ = {tau} is *its* share, so the target moves slowly.",
        ),
        (
            new,
            "copied-it",
            f"That copies the weight. A soft update moves the target only the share τ = {tau} of the way.",
        ),
        (
            (old + new) / 2,
            "averaged-the-two",
            f"That weighs the two alike. The trained network counts τ = {tau}.",
        ),
        (
            old + tau * new,
            "forgot-to-shrink",
            f"That adds τ times the new weight on top. The old one is multiplied by 1 − τ = {short(1 - tau)}.",
        ),
    ]
    if times == 2:
        wrong.append((once, "updated-once", "That is after one update. The second moves it again, from there."))
    after = "one soft update" if times == 1 else "two soft updates, the trained weight standing still,"
    formula = (
        f"`{short(1 - tau)} · {bracketed(old)} + {tau} · {bracketed(new)} = {short(once)}`"
        if times == 1
        else f"`{short(1 - tau)} · {bracketed(old)} + {tau} · {bracketed(new)} = {short(once)}`, "
        f"then `{short(1 - tau)} · {bracketed(once)} + {tau} · {bracketed(new)} = {short(right)}`"
    )
    return Draft(
        stem=(
            f"A weight of the target network is {short(old)}, the same weight of the trained network {short(new)}. "
            f"What is the target's weight after {after} with `θ′ ← (1 − τ) · θ′ + τ · θ` and τ = {tau}?"
        ),
        right=short(right),
        wrong=apart(right, wrong, short, 0.02),
        solution=formula,
        typed=Typed(right, 0.006),
    )


def _ask_copied(given: Memory) -> Draft:
    every, now = given.every, given.now
    right = now // every * every
    if now % every == 0:
        raise Redraw
    return Draft(
        stem=(
            f"The trained network is copied into the target network after every {every} updates, and at no other time. "
            f"Right after update {count(now)}, the target network equals the trained network after which update?"
        ),
        right=count(right),
        wrong=apart(
            right,
            (
                (now, "always-the-newest", "That is the trained network. The target stands still between two copies."),
                (
                    now - every,
                    "lags-by-a-constant",
                    (
                        f"That is {every} updates ago. The lag is not constant: it grows from 0 to {every - 1} and "
                        "starts again."
                    ),
                ),
                (
                    right + every,
                    "rounded-up",
                    f"That copy is still to come. The last one was made after update {count(right)}.",
                ),
                (0, "never-copied", "That would be a target that never follows; it would never get better."),
            ),
            count_of,
            1,
        ),
        solution=f"`⌊{now} / {every}⌋ · {every} = {count(right)}`",
        typed=Typed(right),
    )


def count_of(value: float) -> str:
    """A whole number that went through a calculation."""
    return count(round(value))


def _ask_oldest(given: Memory) -> Draft:
    capacity, steps = given.capacity, given.steps
    right = max(1, steps - capacity + 1)
    if steps <= capacity:
        raise Redraw
    return Draft(
        stem=(
            f"A replay buffer holds the last {count(capacity)} steps; a new one pushes the oldest out. After "
            f"{count(steps)} steps, counted from 1, which step is the oldest that a batch can still contain?"
        ),
        right=count(right),
        wrong=apart(
            right,
            (
                (
                    steps - capacity,
                    "one-too-old",
                    f"Steps {count(steps - capacity)} to {count(steps)} would be one more than {count(capacity)}.",
                ),
                (1, "keeps-everything", "Nothing would be pushed out then; the buffer has been full for a while."),
                (
                    capacity,
                    "took-the-capacity",
                    f"{count(capacity)} is how many are kept, not which. Count back from step {count(steps)}.",
                ),
                (
                    steps // capacity * capacity + 1,
                    "emptied-when-full",
                    "That starts anew whenever it is full. Only the single oldest step makes room for a new one.",
                ),
            ),
            count_of,
            1,
        ),
        solution=f"`{count(steps)} − {count(capacity)} + 1 = {count(right)}`",
        typed=Typed(right),
    )


def _ask_used(given: Memory) -> Draft:
    every, capacity, batch = given.pause, given.capacity, given.batch
    right = batch / every
    return Draft(
        stem=(
            f"An agent trains on a batch of {batch}, drawn evenly from a full replay buffer of {count(capacity)}, "
            f"after every {f'{every} steps' if every > 1 else 'step'}. In how many batches does a stored step turn up "
            "on average before it is pushed out?"
        ),
        right=_amount(right),
        wrong=apart(
            right,
            (
                (
                    1,
                    "used-once",
                    "That would be learning without a buffer. Steps are drawn again and again while they are in it.",
                ),
                (
                    batch if every > 1 else capacity / batch,
                    "forgot-the-pause" if every > 1 else "turned-the-ratio-over",
                    f"That is right for a batch after every step. Here {every} steps go by between two."
                    if every > 1
                    else f"A batch takes {batch} of {count(capacity)}, and {count(capacity)} batches come while a step "
                    "is kept.",
                ),
                (
                    batch * every,
                    "multiplied-the-pause",
                    f"Fewer batches mean fewer uses: with one in {every} steps, divide.",
                ),
                (
                    capacity / every,
                    "in-every-batch",
                    f"That puts the step into every batch. A batch takes only {batch} of {count(capacity)}.",
                ),
            ),
            _amount,
            1,
        ),
        solution=(
            f"It is kept for {count(capacity)} steps, so {count(capacity // every)} batches, and is in each with "
            f"probability {batch} / {count(capacity)}: `{count(capacity // every)} · {batch} / {count(capacity)} = "
            f"{short(right)}`"
        ),
        typed=Typed(right, 0.05, "batches"),
    )
