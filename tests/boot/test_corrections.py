"""What people corrected, as lines that `doleance learn` reads."""

import argparse
import json

from doleance.boot import corrections
from doleance.complaints.models import Grievance
from doleance.intake.actions import proposing
from doleance.understanding import learning
from tests.cast import MORNING
from tests.intake.test_reading import arrived, run_jobs
from tests.understanding.conftest import reads
from tests.understanding.readings import LATE

__all__ = ["reads"]


def test_each_correction_with_a_sub_category_is_a_line_that_a_model_learns_from(cast, calendars, reads, capsys):
    arrived(cast)
    run_jobs()
    amelie = cast.amelie.actor()
    first, second, third = Grievance.objects.select_related("complaint__entity").order_by("number")
    proposing.accept(grievance=first, by=amelie, at=MORNING)
    proposing.accept(grievance=second, category="product", by=amelie, at=MORNING)  # a branch names nothing to learn
    proposing.drop(grievance=third, by=amelie, at=MORNING)
    assert corrections.run(argparse.Namespace()) == 0
    [line] = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert told == {"text": LATE, "language": "fr", "category": "delivery", "sub": "late"}
    assert learning.correction(told).label == "delivery.late"
