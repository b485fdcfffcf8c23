"""The worker: what an action defers there belongs to the action's transaction."""

import pytest
from django.db import transaction
from procrastinate.contrib.django import app, connector_params
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.boot.worker import Connector


@pytest.mark.django_db(transaction=True)
def test_a_job_deferred_by_a_job_is_undone_with_it():
    class Undone(Exception):
        pass

    def defer(*, fails: bool) -> None:
        with transaction.atomic():
            app.configure_task("boot.tidy", queue="nobody").defer(timestamp=0)
            if fails:
                raise Undone

    with app.replace_connector(Connector(kwargs=connector_params())):
        with pytest.raises(Undone):
            defer(fails=True)
        assert not ProcrastinateJob.objects.filter(queue_name="nobody").exists()
        defer(fails=False)
    assert ProcrastinateJob.objects.filter(queue_name="nobody").count() == 1
