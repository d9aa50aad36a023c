"""A worker for tests: runs jobs with a short lease until a file appears. Arguments: lease, file."""

import os
import sys
import threading
from datetime import timedelta
from pathlib import Path

import django


def main(lease: timedelta, stop: Path) -> None:
    import ops_support.job_kinds  # noqa: F401 (registers the kinds)
    from suppilo.apps.jobs.runner import JobRunner
    from suppilo.apps.jobs.worker import worker_name
    from suppilo.apps.operations.logs import setup_logging

    setup_logging("text")
    runner = JobRunner(worker_name(), threading.Event(), lease=lease)
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(lease.total_seconds() / 4):
            runner.renew()

    threading.Thread(target=renew, daemon=True).start()
    while not stop.exists():
        if not runner.run_next():
            ended.wait(0.02)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "suppilo.web.settings"
    django.setup()
    main(timedelta(seconds=float(sys.argv[1])), Path(sys.argv[2]))
