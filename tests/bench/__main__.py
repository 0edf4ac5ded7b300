"""All benchmarks, one after the other: `make bench`."""

import asyncio

from tests.bench import bench_chat, bench_mnist, bench_nudges, bench_papers, bench_questions, bench_reviews

if __name__ == "__main__":
    asyncio.run(bench_chat.bench())
    print()
    bench_mnist.main()
    print()
    bench_questions.main([])
    print()
    asyncio.run(bench_reviews.bench(100_000, 40))
    print()
    asyncio.run(bench_nudges.main())
    if bench_papers.FEEDS.is_dir():
        print()
        bench_papers.main([])
