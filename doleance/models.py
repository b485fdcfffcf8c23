"""Every table of Doléance, so that Django finds them; nothing imports this file."""

from doleance.accounts.models import *  # noqa: F403
from doleance.audit.models import *  # noqa: F403
from doleance.channels.models import *  # noqa: F403
from doleance.complainants.models import *  # noqa: F403
from doleance.complaints.models import *  # noqa: F403
from doleance.notifications.models import *  # noqa: F403
from doleance.deadlines.models import *  # noqa: F403
