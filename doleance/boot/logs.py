"""Logs as facts, without personal data.

A line names an event, a route, a status, a place in the code. It never holds the text of a page, the address that was
asked for (it may be a secret link or a search), nor the message of an error (PostgreSQL quotes the row it refuses).
"""

import logging
import secrets
import sys
import traceback
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

NUMBER = "doleance.number"  # where a request keeps its number, in META; a header would begin with HTTP_
Raised = tuple[type[BaseException], BaseException, TracebackType | None]


def configuration(style: str) -> dict[str, Any]:
    """The LOGGING of Django: everything to standard error, as `text` or `json` lines."""
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if style == "text":
        renderer = structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "logger", "event"])
    before: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        keep_places,
        keep_routes,
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": before,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"facts": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "facts", "stream": sys.stderr}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
            "gunicorn.error": {"handlers": [], "level": "WARNING", "propagate": True},
            "procrastinate": {"level": "WARNING"},  # one line a job would say nothing that the job's row does not
            "fontTools": {"level": "WARNING"},
        },
    }


def new_number() -> str:
    """A number for one request: short enough to be read aloud, from an error page, on the telephone."""
    return "-".join(secrets.token_hex(2) for _ in range(3))


def keep_places(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace an exception by its type and the places it went through: its message may quote what a person wrote."""
    raised = _raised(event.pop("exc_info", None) or _record(event, "exc_info"))
    if raised is not None:
        kind, _error, trace = raised
        frames = [f"{frame.filename}:{frame.lineno}:{frame.name}" for frame in traceback.extract_tb(trace)]
        event["error"] = f"{kind.__module__}.{kind.__qualname__}"
        event["places"] = " < ".join(reversed(frames))
    record = event.get("_record")
    if isinstance(record, logging.LogRecord):  # nothing downstream may print what was taken out
        record.exc_info = record.exc_text = None
    return event


def keep_routes(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """For what Django says of a request, keep method, route and status; the address itself may be a secret link."""
    record = event.get("_record")
    if not isinstance(record, logging.LogRecord):
        return event
    if record.name == "gunicorn.error" and "request" in str(record.msg):
        event["event"] = "request_failed"  # its words end with the address
    if record.name.startswith("django.") and hasattr(record, "request"):
        match = getattr(record.request, "resolver_match", None)
        event["event"] = "request"
        # Django says some of it once the request is over, and its number no more at hand.
        event["request"] = getattr(record.request, "META", {}).get(NUMBER, "")
        event["method"] = getattr(record.request, "method", "")
        event["route"] = match.route if match else ""
        event["status"] = getattr(record, "status_code", "")
    return event


def _record(event: EventDict, name: str) -> object:
    record = event.get("_record")
    return getattr(record, name, None)


def _raised(info: object) -> Raised | None:
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        return type(info), info, info.__traceback__
    if isinstance(info, tuple) and len(info) == 3 and isinstance(info[1], BaseException):
        return type(info[1]), info[1], info[2]
    return None
