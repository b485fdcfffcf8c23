"""From the address of a database to what Django wants of it."""

from typing import Any

from psycopg.conninfo import conninfo_to_dict

from doleance.boot.config import Config

# How long one statement may run and wait for a lock, in milliseconds, by kind of process: a page that hangs is worse
# than a page that fails, a job may take its time, a migration may not block everybody behind it.
TIMEOUTS = {
    "web": {"statement_timeout": 15_000, "lock_timeout": 5_000, "idle_in_transaction_session_timeout": 30_000},
    "work": {"statement_timeout": 300_000, "lock_timeout": 30_000, "idle_in_transaction_session_timeout": 600_000},
    # Said, and not left to the role: what limits pages would cut a verification or an import short.
    "command": {"statement_timeout": 0, "lock_timeout": 60_000, "idle_in_transaction_session_timeout": 0},
    "test": {"statement_timeout": 60_000, "lock_timeout": 15_000},
}


def settings_of(url: str, config: Config) -> dict[str, Any]:
    """Django's entry for the database at `url` (a libpq address), with its pool and time limits."""
    parts = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    options: dict[str, Any] = {}
    entry: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", ""),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "CONN_MAX_AGE": 0,  # the pool keeps them
        # A round trip each time one is taken: after a restart of PostgreSQL those kept are dead, and would fail a page
        # or a job each.
        "CONN_HEALTH_CHECKS": config.process in {"web", "work"},
        "OPTIONS": options,
    }
    options.update(parts)
    options["application_name"] = f"doleance {config.process}"
    if config.process in {"web", "work"}:
        # Bounded: threads or jobs, and what the framework itself holds (LISTEN, periodic jobs).
        size = (config.threads if config.process == "web" else config.jobs) + 2
        options["pool"] = {"min_size": 1, "max_size": size, "timeout": 10, "max_idle": 300}
    # What a page asks each time (kernel.kept) is planned once a connection; Django's own statements never are.
    options["prepare_threshold"] = 5
    if config.pgbouncer and config.process == "web":
        options["prepare_threshold"] = None  # another server connection at each transaction
        entry["DISABLE_SERVER_SIDE_CURSORS"] = True
    else:
        limits = TIMEOUTS.get(config.process, TIMEOUTS["command"])
        options["options"] = " ".join(f"-c {name}={value}" for name, value in limits.items())
    return entry
