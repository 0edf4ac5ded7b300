/* The wall clock of every process of the simulation: the real one, moved by the nanoseconds that a shared file holds.
 *
 * Preloaded, so that PostgreSQL, both bots, the worker and the playground agree on what day it is. The monotonic clock
 * stays as it is: time limits and heartbeats are in real seconds. (libfaketime moves sleeps too, and Python's time.sleep
 * then fails with EINVAL: tried with 0.9.10.)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int64_t SECOND = 1000000000;
static const volatile int64_t nothing = 0;
static const volatile int64_t *moved_by = &nothing;

__attribute__((constructor)) static void open_clock(void)
{
    const char *path = getenv("WEEKS_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    void *page = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
    if (page != MAP_FAILED)
        moved_by = page;
    close(file);
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
    int failed = (int)syscall(SYS_clock_gettime, clock, out);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        int64_t now = out->tv_sec * SECOND + out->tv_nsec + *moved_by;
        out->tv_sec = now / SECOND;
        out->tv_nsec = now % SECOND;
    }
    return failed;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    int failed = clock_gettime(CLOCK_REALTIME, &now);
    if (!failed) {
        out->tv_sec = now.tv_sec;
        out->tv_usec = now.tv_nsec / 1000;
    }
    return failed;
}

time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}
