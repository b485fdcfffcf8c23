"""What an installation may set, and where it is read: environment first, then one TOML file, then the defaults.

The home (`DOLEANCE_HOME`) holds everything that is an installation's own: `doleance.toml`, `secrets/`, the database in
embedded mode, backups. Secrets are made at the first run, in files that their owner alone reads.
"""

import os
import secrets
import tomllib
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from doleance.channels.email import doors
from doleance.drafting import rules as drafting
from doleance.kernel.errors import Refusal
from doleance.kernel.hosts import is_loopback

FILE = "doleance.toml"
# A refusal must not write a password in the logs.
HIDDEN = frozenset({"database_direct_url", "metrics_token", "drafts_key"})
SECRETS = ("secret_key", "mail_key", "master_key", "backup_key")
CHECKOUT = Path(__file__).resolve().parents[2]


class BadSetting(Refusal):
    """A setting that cannot be understood: starting with another value than the one meant would be worse."""

    code = "bad_setting"
    sentence = "Le réglage « {name} » ({source}) n’est pas utilisable : {reason}"


@dataclass(frozen=True, slots=True)
class Setting:
    """How one setting is named outside, and what it does, in French for the example file."""

    env: str
    default: str | int | bool
    help: str


def _setting(env: str, default: str | int | bool, text: str) -> Any:
    return field(default=default, metadata={"setting": Setting(env, default, text)})


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of this process; see each help text in `doleance.toml`."""

    home: Path
    url: str = _setting(
        "DOLEANCE_URL",
        "",
        "L’adresse que les gens tapent, par exemple https://reclamations.exemple.fr (vide : celle de « listen »).\n"
        "Elle donne les liens des courriers, les hôtes acceptés et, en https, les cookies sûrs.",
    )
    listen: str = _setting("DOLEANCE_LISTEN", "127.0.0.1:8000", "Où le serveur écoute sur cette machine.")
    proxies: int = _setting(
        "DOLEANCE_PROXIES", 0, "Combien de serveurs mandataires (nginx, Caddy…) se trouvent devant Doléance."
    )
    proxy_addresses: str = _setting(
        "DOLEANCE_PROXY_ADDRESSES", "127.0.0.1,::1", "Les adresses de ces mandataires, séparées par des virgules."
    )
    database_url: str = _setting(
        "DATABASE_URL",
        "",
        "Une base PostgreSQL (15 ou plus) à vous : postgresql://doleance_app:motdepasse@hote/doleance\n"
        "(vide : Doléance tient la sienne).",
    )
    database_owner_url: str = _setting(
        "DATABASE_OWNER_URL", "", "La même base, sous le rôle qui fait les migrations (doleance_owner)."
    )
    database_direct_url: str = _setting(
        "DATABASE_DIRECT_URL",
        "",
        "La même base que « database_url », sans PgBouncer, pour ce qui n’est pas une page : les tâches de fond\n"
        "écoutent la base, ce qu’une connexion partagée ne permet pas.",
    )
    pgbouncer: bool = _setting(
        "DOLEANCE_PGBOUNCER",
        False,
        "« database_url » passe par PgBouncer en mode transaction ; donnez alors aussi « database_direct_url ».",
    )
    time_zone: str = _setting(
        "DOLEANCE_TIME_ZONE", "Europe/Paris", "L’heure des écrans ; chaque entité a la sienne pour ses échéances."
    )
    smtp_url: str = _setting(
        "DOLEANCE_SMTP_URL",
        "",
        "Le serveur qui envoie les réponses des boîtes qui n’ont pas le leur, et, faute de boîte, les courriers des\n"
        "comptes : smtp+starttls://nom:motdepasse@hote:587, smtps://…:465 ou smtp://…:25.\n"
        "Vide : une invitation se transmet à la main, les réponses attendent et le disent.",
    )
    mail_from: str = _setting("DOLEANCE_MAIL_FROM", "", "L’expéditeur de ces courriers.")
    mail_networks: str = _setting(
        "DOLEANCE_MAIL_NETWORKS",
        "",
        "Les réseaux privés où se trouvent vos serveurs de messagerie, séparés par des virgules, par exemple\n"
        "192.168.1.0/24 ; 127.0.0.0/8,::1 pour cette machine. Vide : les boîtes ne se règlent que vers Internet.",
    )
    sink: bool = _setting(
        "DOLEANCE_SINK",
        False,
        "Pour le développement et la démonstration : rien ne part, tout est écrit dans le dossier « courrier ».",
    )
    oidc_url: str = _setting(
        "DOLEANCE_OIDC_URL",
        "",
        "L’annuaire de votre entreprise (OpenID Connect), par exemple https://annuaire.exemple.fr/realms/maison.\n"
        "Chacun entre alors par lui, s’il est connu de Doléance ; l’adresse de retour à y déclarer est\n"
        "celle de Doléance suivie de /connexion/annuaire/entreprise/retour/.",
    )
    oidc_client: str = _setting("DOLEANCE_OIDC_CLIENT", "", "L’identifiant que l’annuaire donne à Doléance.")
    oidc_secret: str = _setting("DOLEANCE_OIDC_SECRET", "", "Et son secret.")
    oidc_name: str = _setting(
        "DOLEANCE_OIDC_NAME", "l’annuaire", "Le nom de l’annuaire, tel qu’il se lit sur le bouton."
    )
    oidc_trusts_addresses: bool = _setting(
        "DOLEANCE_OIDC_TRUSTS_ADDRESSES",
        False,
        "L’annuaire ne dit pas qu’il a vérifié les adresses de courriel, et personne n’y choisit la sienne :\n"
        "le croire.",
    )
    forms_per_hour: int = _setting(
        "DOLEANCE_FORMS_PER_HOUR",
        600,
        "Combien de formulaires par heure sont ordinaires chez vous. Au-delà, l’envoi demande un petit calcul à\n"
        "l’appareil, ou une courte attente.",
    )
    reading: bool = _setting(
        "DOLEANCE_READING",
        True,
        "Lire chaque message reçu, pour proposer ses griefs, leur équipe et ce qui presse. Rien n’en sort d’ici.",
    )
    drafts_url: str = _setting(
        "DOLEANCE_DRAFTS_URL",
        "",
        "Un modèle de langue qui parle comme l’API « chat completions », par exemple https://modele.exemple.fr/v1,\n"
        "ou http://127.0.0.1:8080/v1 sur cette machine. Il peut alors proposer un résumé ou un brouillon de réponse,\n"
        "si la société le permet ; les noms, adresses et numéros connus sont masqués avant de partir.\n"
        "Vide : il n’y en a pas, et rien ne part.",
    )
    drafts_model: str = _setting("DOLEANCE_DRAFTS_MODEL", "", "Le nom de ce modèle, tel que son serveur le connaît.")
    drafts_key: str = _setting("DOLEANCE_DRAFTS_KEY", "", "La clé que son serveur demande, s’il en demande une.")
    threads: int = _setting("DOLEANCE_THREADS", 4, "Combien de pages un processus sert à la fois.")
    processes: int = _setting("DOLEANCE_PROCESSES", 2, "Combien de processus servent les pages.")
    jobs: int = _setting("DOLEANCE_JOBS", 4, "Combien de tâches de fond avancent à la fois.")
    backups_kept: int = _setting("DOLEANCE_BACKUPS_KEPT", 7, "Combien de sauvegardes automatiques sont gardées.")
    metrics_token: str = _setting(
        "DOLEANCE_METRICS_TOKEN",
        "",
        "Le jeton avec lequel /metrics se lit d’une autre machine (Authorization: Bearer …).\n"
        "Vide : on ne le lit que d’ici.",
    )
    log_format: str = _setting("DOLEANCE_LOG_FORMAT", "text", "text ou json.")
    debug: bool = _setting("DOLEANCE_DEBUG", False, "Pour le développement seulement.")
    embedded: bool = _setting("DOLEANCE_EMBEDDED", False, "")  # told to children: the database is the home's own
    process: str = _setting("DOLEANCE_PROCESS", "command", "")  # web, work, command or test: set by what starts it
    secret_key_file: str = _setting("DOLEANCE_SECRET_KEY_FILE", "", "")
    mail_key_file: str = _setting("DOLEANCE_MAIL_KEY_FILE", "", "")
    master_key_file: str = _setting("DOLEANCE_MASTER_KEY_FILE", "", "")
    backup_key_file: str = _setting("DOLEANCE_BACKUP_KEY_FILE", "", "")

    @property
    def address(self) -> str:
        """The installation's address, without a final slash."""
        return self.url.rstrip("/") or f"http://{self.listen}"

    @property
    def is_https(self) -> bool:
        """Whether people reach it over TLS."""
        return self.address.startswith("https://")

    @property
    def host(self) -> str:
        """The host of the address, as requests name it."""
        return urlsplit(self.address).hostname or ""

    @property
    def is_embedded(self) -> bool:
        """Whether Doléance runs its own database server."""
        return self.embedded or not self.database_url

    @property
    def direct_url(self) -> str:
        """The external database over a connection that stays the same from one transaction to the next."""
        return self.database_direct_url or self.database_url

    @property
    def own_url(self) -> str:
        """The external database as this process reaches it: pages alone may share connections."""
        return self.database_url if self.process == "web" else self.direct_url

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)

    def secret(self, name: str) -> Path:
        """The file of the secret `name`, made at the first call: 32 random bytes, for its owner alone.

        A file named by a setting is never made: a mistyped path must not become a new key. Raises `BadSetting`.
        """
        path = self.path_of(name)
        if path.is_file():
            return path
        if getattr(self, f"{name}_file"):
            raise BadSetting(name=f"{name}_file", source=path, reason="ce fichier n’existe pas.")
        _make_secret(path)
        return path

    def path_of(self, name: str) -> Path:
        """Where the secret `name` is or would be."""
        return Path(getattr(self, f"{name}_file") or self.home / "secrets" / name)


def _make_secret(path: Path) -> None:
    """Write a secret beside its place and link it there: of two first starts at once, one wins and both read it."""
    make_home(path.parent.parent)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(secrets.token_bytes(32))
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        return  # the other start's secret stands
    finally:
        draft.unlink()


def make_home(home: Path) -> None:
    """Make the home, closed to others. As root the server's account passes through it to its own folder."""
    home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)


def home() -> Path:
    """Where this installation lives.

    `DOLEANCE_HOME`, else `var/` in a checkout, else /var/lib/doleance for root, else the user's data folder.
    """
    if given := os.environ.get("DOLEANCE_HOME"):
        return Path(given).expanduser().absolute()
    if (CHECKOUT / "pyproject.toml").exists():
        return CHECKOUT / "var"
    if os.geteuid() == 0:
        return Path("/var/lib/doleance/home")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "doleance"


def load() -> Config:
    """The settings in force. Raises `BadSetting` for a wrong or unknown one."""
    where = home()
    path = where / FILE
    written = _read(path)
    values: dict[str, Any] = {}
    for entry in fields(Config):
        setting = entry.metadata.get("setting")
        if setting is None:
            continue
        if (text := os.environ.get(setting.env, "")) != "":
            values[entry.name] = _typed(setting, text, setting.env, "environnement")
        elif entry.name in written:
            values[entry.name] = _typed(setting, written[entry.name], entry.name, str(path))
    unknown = sorted(written.keys() - {entry.name for entry in _written()})
    if unknown:
        raise BadSetting(name=unknown[0], source=path, reason="ce nom n’est pas connu.")
    config = Config(home=where, **values)
    _check(config)
    return config


def _written() -> list[Field[Any]]:
    """The settings that the file may hold; the others are for containers and for our own children."""
    return [entry for entry in fields(Config) if "setting" in entry.metadata and entry.metadata["setting"].help]


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(name=FILE, source=path, reason=str(error)) from error


def _typed(setting: Setting, value: object, name: str, source: str) -> str | int | bool:
    """`value` as the setting's default is: text, number or yes and no."""
    match setting.default:
        case bool():
            known = {"1": True, "true": True, "0": False, "false": False}
            answer = known.get(str(value).lower())
            if answer is None:
                raise BadSetting(name=name, source=source, reason="écrivez true ou false.")
            return answer
        case int():
            if not str(value).isdigit():
                raise BadSetting(name=name, source=source, reason="écrivez un nombre entier.")
            return int(str(value))
        case _:
            if not isinstance(value, str):
                raise BadSetting(name=name, source=source, reason="écrivez un texte entre guillemets.")
            return value.strip()


def _check(config: Config) -> None:
    """Refuse what has the right type and cannot be meant."""
    faults = {
        "url": _fault_of_url(config),
        "database_direct_url": _fault_of_pooling(config),
        "log_format": "" if config.log_format in {"text", "json"} else "écrivez text ou json.",
        "metrics_token": "" if not 0 < len(config.metrics_token) < 16 else "écrivez au moins 16 signes au hasard.",
        "mail_networks": "" if _are_networks(config.mail_networks) else "écrivez par exemple 192.168.1.0/24.",
        "oidc_url": _fault_of_directory(config),
        "drafts_url": _fault_of_model(config),
        "time_zone": "" if _is_zone(config.time_zone) else "ce fuseau n’existe pas.",
    }
    for name in ("threads", "processes", "jobs", "backups_kept", "forms_per_hour"):
        faults[name] = "" if getattr(config, name) > 0 else "écrivez au moins 1."
    for name, fault in faults.items():
        if fault:
            told = "…" if name in HIDDEN else getattr(config, name)
            raise BadSetting(name=name, source=told if getattr(config, name) else "vide", reason=fault)


def _fault_of_model(config: Config) -> str:
    if not config.drafts_url:
        return ""
    try:
        drafting.endpoint(config.drafts_url)
    except drafting.BadAddress as error:
        return str(error)
    return "" if config.drafts_model else "donnez aussi le nom du modèle (drafts_model)."


def _are_networks(told: str) -> bool:
    try:
        doors.networks(told)
    except ValueError:
        return False
    return True


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _fault_of_url(config: Config) -> str:
    try:
        parts = urlsplit(config.address)
        is_plain = parts.scheme in {"http", "https"} and parts.hostname and not parts.path and not parts.query
    except ValueError:
        is_plain = False
    if not is_plain:
        return "écrivez https://hote, sans chemin derrière."
    if not config.url and not config.is_loopback:
        return "« listen » ouvre Doléance au réseau : écrivez ici l’adresse que les gens tapent."
    return ""


def _fault_of_pooling(config: Config) -> str:
    """Through PgBouncer alone the worker would never hear of a job, and would only find it by looking."""
    if config.pgbouncer and not config.is_embedded and not config.database_direct_url:
        return "avec « pgbouncer », écrivez ici l’adresse de la base elle-même."
    if config.database_direct_url and not config.database_url:
        return "écrivez aussi « database_url »."
    return ""


def _fault_of_directory(config: Config) -> str:
    """What a password travels behind must be encrypted, but on this machine."""
    if not config.oidc_url:
        return ""
    if not config.oidc_client:
        return "écrivez aussi « oidc_client »."
    parts = urlsplit(config.oidc_url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    return "" if is_safe and parts.hostname else "écrivez une adresse en https://."


def example() -> str:
    """The commented `doleance.toml` of a new installation: every setting with its default, none in force."""
    blocks = ["# Réglages de Doléance. Une variable d’environnement passe avant ce fichier."]
    for entry in _written():
        setting = entry.metadata["setting"]
        default = str(setting.default).lower() if isinstance(setting.default, bool) else repr(setting.default)
        comment = "\n".join(f"# {line}" for line in setting.help.splitlines())
        blocks.append(f"{comment}\n# ({setting.env})\n# {entry.name} = {default.replace(chr(39), chr(34))}")
    return "\n\n".join(blocks) + "\n"


def write_example(config: Config) -> None:
    """Leave the commented example in a new home; what is there is never touched."""
    make_home(config.home)
    path = config.home / FILE
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # it may come to hold passwords
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(example())
