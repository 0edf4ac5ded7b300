"""All benchmarks, one after the other: `make bench`."""

import asyncio

from tests.bench import bench_chat, bench_mnist

if __name__ == "__main__":
    asyncio.run(bench_chat.bench())
    print()
    bench_mnist.main()
