"""Bringing back runs whose worker died, and jobs that the queue lost sight of.

The queue does not do it by itself: stalled jobs stay `doing` until somebody asks. Every worker asks every few
seconds; a lock makes it harmless that they all do.
"""

import logging
from datetime import datetime, timedelta

from procrastinate import App
from sqlalchemy import text

from db.engine import Database
from db.runs import get_run
from workers.queue import defer_run

log = logging.getLogger(__name__)

STALE_AFTER = timedelta(seconds=8)
"""A worker writes a sign of life for its run every 2 s; after this long without one the run is up for taking."""

MAX_ATTEMPTS = 5
"""A run that took this many workers down with it is failed instead of tried again."""

_ONE_AT_A_TIME = text("select pg_try_advisory_xact_lock(hashtextextended('waypoint:recovery', 0))")
"""Row locks alone are not enough: a row that another transaction changed and let go since our statement began is
checked again with its new values, but against the *jobs* of the old snapshot (PostgreSQL 16 manual, 13.2.1), and the
run that just got a job would look as if it still had none. The statement after this one has a snapshot of its own."""

_LOST = text("""
    select r.id, j.id as job_id, j.status::text as job_status
      from runs r
      left join procrastinate_jobs j on j.id = r.job_id
      left join procrastinate_workers w on w.id = j.worker_id
     where (r.state = 'running' and r.heartbeat_at < :stale and j.status is distinct from 'todo')
        or (r.state = 'queued' and r.queued_at < :stale and (
              j.id is null
              or j.status not in ('todo', 'doing')
              or (j.status = 'doing' and (w.id is null or w.last_heartbeat < :stale))))
     order by r.id
       for update of r skip locked
""")

_RETRY = text("select procrastinate_retry_job_v2(:job_id, :at, null, null, null)")


async def recover_lost_runs(queue: App, database: Database, now: datetime) -> list[int]:
    """Put every lost run back into the queue; returns their ids. A claim by a worker then raises the attempt.

    While another worker is looking, there is nothing to do here: the list is empty.
    """
    async with database.transaction() as session:
        if not (await session.execute(_ONE_AT_A_TIME)).scalar_one():
            return []
        lost = (await session.execute(_LOST, {"stale": now - STALE_AFTER})).all()
        for row in lost:
            if row.job_status == "doing":
                await session.execute(_RETRY, {"job_id": row.job_id, "at": now})
                continue
            run = await get_run(session, row.id)
            if run is not None:
                run.job_id = await defer_run(queue, session, run)
    recovered = [row.id for row in lost]
    if recovered:
        log.warning("runs %s had lost their worker and are back in the queue", recovered)
    return recovered
