"""The process that `workers.papers.ranking` asks: a pickled question on stdin, the answer on stdout."""

import pickle
import sys

from workers.papers.question import Question
from workers.papers.rank import rank


def main() -> None:
    """Answer one question."""
    question: Question = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the worker that started this process
    ranked = rank(question.candidates, question.voted, question.topics, question.servers)
    sys.stdout.buffer.write(pickle.dumps(ranked))


if __name__ == "__main__":
    main()
