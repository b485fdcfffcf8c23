"""The numbers of an installation, in Prometheus' text format: what the pages counted, what the database holds.

What pages count is added up over the processes of one server, through files in the folder that the supervisor names
(`PROMETHEUS_MULTIPROC_DIR`). What the database holds is asked at each reading: it is the same whichever tells it.
No number tells of a person: labels are routes, states and the addresses of our own mailboxes.
"""

import os
import time
from collections.abc import Iterator

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponseBase
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from doleance import __version__
from doleance.accounts.rules import machine
from doleance.boot import backup, queries
from doleance.channels import queries as channels
from doleance.deadlines import queries as deadlines
from doleance.intake import queries as intake
from doleance.kernel import clock
from doleance.notifications import queries as notifications

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS_S = (0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 6.0, 15.0)

_pages = CollectorRegistry()
_answered = Counter("doleance_requests", "Pages and calls answered.", ["method", "route", "status"], registry=_pages)
_seconds = Histogram("doleance_request_seconds", "Time to answer.", ["route"], buckets=BUCKETS_S, registry=_pages)


def note(request: HttpRequest, response: HttpResponseBase, *, began: float) -> None:
    """Count one answer. `began` is on the monotonic clock.

    The route is the pattern that matched and never the address, which may be a secret link; anything that matched none
    is one route, and a made-up method is one method: nobody from outside makes new series.
    """
    match = request.resolver_match
    route = match.route if match else "-"
    method = request.method if request.method in METHODS else "-"
    _answered.labels(method, route, str(response.status_code)).inc()
    _seconds.labels(route).observe(time.monotonic() - began)


def page() -> bytes:
    """Everything, as Prometheus reads it."""
    pages, house = _pages, CollectorRegistry()
    if os.environ.get(FOLDER):
        pages = CollectorRegistry()
        MultiProcessCollector(pages)  # type: ignore[no-untyped-call]
    house.register(_House())
    return generate_latest(pages) + generate_latest(house)


class _House(Collector):
    """What the database holds; of one that is away, only that."""

    def collect(self) -> Iterator[GaugeMetricFamily | InfoMetricFamily]:
        """Ask, and name what was answered."""
        told = InfoMetricFamily("doleance", "The version of Doléance.")
        told.add_metric([], {"version": __version__})
        yield told
        try:
            found = list(_families())
        except Error:
            found = []
        yield _one("doleance_database_up", "Whether the database answers.", float(bool(found)))
        yield from found


def _families() -> Iterator[GaugeMetricFamily]:
    at = clock.now()
    yield _one("doleance_database_bytes", "Size of the database.", queries.database_bytes())
    yield from _jobs()
    yield from _mailboxes()
    mails = GaugeMetricFamily("doleance_outbox", "Outgoing mails and letters that have not left.", labels=["state"])
    for state, count in notifications.tallies().items():
        mails.add_metric([state.value], count)
    yield mails
    yield _one(
        "doleance_quarantine",
        "Messages that wait in quarantine for a person.",
        intake.count_quarantine(machine("watch")),
    )
    yield _one("doleance_clocks_late", "Deadlines that have passed and were not met.", deadlines.count_late(at=at))
    latest = backup.latest(settings.INSTALLATION) if settings.INSTALLATION.is_embedded else None
    if latest is not None:
        yield _one("doleance_backup_age_seconds", "Age of the last daily backup.", (at - latest).total_seconds())


def _jobs() -> Iterator[GaugeMetricFamily]:
    found = queries.jobs(silent_s=30.0)
    jobs = GaugeMetricFamily("doleance_jobs", "Background jobs, by state.", labels=["state"])
    for state, count in found.counts.items():
        jobs.add_metric([state], count)
    yield jobs
    yield _one("doleance_job_oldest_seconds", "How long the oldest job that could run has waited.", found.oldest_s)
    yield _one("doleance_workers", "Workers that gave a sign of life within 30 seconds.", found.workers)


def _mailboxes() -> Iterator[GaugeMetricFamily]:
    at = clock.now()
    fetched = GaugeMetricFamily(
        "doleance_mailbox_fetched_age_seconds", "Time since a mailbox was last read to its end.", labels=["mailbox"]
    )
    heard = GaugeMetricFamily(
        "doleance_mailbox_silence_seconds", "Time since the last mail came in a mailbox.", labels=["mailbox"]
    )
    for box in channels.watched():
        health = channels.known_health(box)
        if health is None:
            continue
        read = health.ok_at or health.began_at or health.checked_at
        last = health.last_message_at or health.began_at
        for family, moment in ((fetched, read), (heard, last)):
            if moment is not None:
                family.add_metric([box.address], max((at - moment).total_seconds(), 0.0))
    yield fetched
    yield heard


def _one(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)
