"""Reinforcement learning: what an agent's replay buffer and its target network hold."""

from dataclasses import dataclass
from random import Random
from typing import Literal

from lessons.questions.apart import apart
from lessons.questions.drawing import Draft, Redraw
from lessons.questions.generators.reinforcement_learning_agent import amount, bracketed
from lessons.questions.model import Typed
from lessons.questions.wording import count, short


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
        right=amount(right),
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
            amount,
            1,
        ),
        solution=(
            f"It is kept for {count(capacity)} steps, so {count(capacity // every)} batches, and is in each with "
            f"probability {batch} / {count(capacity)}: `{count(capacity // every)} · {batch} / {count(capacity)} = "
            f"{short(right)}`"
        ),
        typed=Typed(right, 0.05, "batches"),
    )
