"""Every table of Doléance, so that Django finds them; nothing imports this file."""

from doleance.accounts.models import *
from doleance.audit.models import *
from doleance.channels.models import *
from doleance.complainants.models import *
from doleance.complaints.models import *
from doleance.deadlines.models import *
from doleance.desk.models import *
from doleance.drafting.models import *
from doleance.entry.models import *
from doleance.intake.models import *
from doleance.keys.models import *
from doleance.matching.models import *
from doleance.notifications.models import *
from doleance.routing.models import *
from doleance.understanding.models import *
