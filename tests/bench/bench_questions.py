"""How long a question takes to be made, without torch: every generator, every item of the bank.

    python -m tests.bench.bench_questions [--seeds 400]

What a member waits for when they press is one of these, and drawing its picture where it has one.
"""

import argparse
import sys
import time

from bot.pictures.questions import draw_question
from lessons.choosing import plan_round
from lessons.load import load_curriculum
from lessons.questions.generators import GENERATORS
from lessons.questions.model import Question
from tests.bench.machine import machine, quantile


def main(arguments: list[str] | None = None) -> None:
    """Prints a Markdown table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=400, help="questions of each generator")
    wish = parser.parse_args(arguments)
    curriculum = load_curriculum()
    makers = {skill_id: generator.make for skill_id, generator in GENERATORS.items()}
    makers |= {item.id: item.ask for bank in curriculum.banks for item in bank.items}
    seconds: list[float] = []
    slowest: dict[str, float] = {}
    pictures: list[Question] = []
    for item_id, make in makers.items():
        make(0)  # what is loaded once is loaded
        for seed in range(1, wish.seeds + 1):
            begun = time.perf_counter()
            question = make(seed)
            seconds.append(time.perf_counter() - begun)
            slowest[item_id] = max(slowest.get(item_id, 0.0), seconds[-1])
            if question.picture is not None and seed <= 20:
                pictures.append(question)
    rounds: list[float] = []
    for user_id in range(1, 200):
        for topic in curriculum.topics:
            begun = time.perf_counter()
            plan_round(curriculum, topic, user_id, {}, {})
            rounds.append(time.perf_counter() - begun)
    drawn: list[float] = []
    for question in pictures:
        if question.picture is not None:
            begun = time.perf_counter()
            draw_question(question.picture)
            drawn.append(time.perf_counter() - begun)
    worst = max(slowest, key=lambda item_id: slowest[item_id])
    print(machine())
    print(f"torch loaded: {'yes' if 'torch' in sys.modules else 'no'}; slowest item: {worst}\n")
    print("| what | count | p50 | p99 | slowest |\n|---|---|---|---|---|")
    for name, times in (("a question", seconds), ("planning a round of six", rounds), ("drawing its picture", drawn)):
        half, most = quantile(times, 0.5), quantile(times, 0.99)
        print(f"| {name} | {len(times):,} | {half * 1e3:.2f} ms | {most * 1e3:.2f} ms | {max(times) * 1e3:.1f} ms |")


if __name__ == "__main__":
    main()
