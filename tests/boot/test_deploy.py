"""What `deploy/` and the guides tell to write: each command and setting in them exists."""

import re
import shutil
import subprocess
import sys
from dataclasses import fields
from typing import Any

import pytest
from django.conf import settings

from doleance.boot.cli import COMMANDS
from doleance.boot.config import Config
from doleance.boot.watching import FORWARDED
from tests.house.source import ROOT

yaml: Any = pytest.importorskip("yaml")
DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
TOLD = sorted([*DEPLOY.iterdir(), *(ROOT / "docs").glob("guides/*.md"), *(ROOT / "docs").glob("explications/*.md")])
SETTINGS = {entry.name: entry.metadata["setting"] for entry in fields(Config) if "setting" in entry.metadata}
VARIABLES = {setting.env for setting in SETTINGS.values()} | {"DOLEANCE_HOME"}
COMMAND = re.compile(
    r"(?:(?:\./run |« |`)doleance|doleance\.boot\.cli\"?,?|^    doleance) \"?([a-z][a-z-]+)", re.MULTILINE
)
HARD = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "RestrictNamespaces": "yes",
    "CapabilityBoundingSet": "",
    "SystemCallFilter": "@system-service",
    "User": "doleance",
    "UMask": "0077",
    "KillMode": "mixed",
}


@pytest.mark.parametrize("path", TOLD, ids=lambda path: path.name)
def test_each_command_and_each_setting_that_is_told_exists(path):
    text = path.read_text("utf-8")
    unknown = {name for name in COMMAND.findall(text) if name not in COMMANDS}
    assert not unknown, f"no command {unknown}"
    variables = set(re.findall(r"\b(?:DOLEANCE|DATABASE)_[A-Z_]+\b", text))
    assert variables <= VARIABLES, f"no setting {variables - VARIABLES}"
    written = set(re.findall(r"^    ([a-z_]+) = ", text, re.MULTILINE)) if path.suffix == ".md" else set()
    assert written <= set(SETTINGS), f"no setting {written - set(SETTINGS)}"


def test_the_guide_tells_of_every_number_and_of_no_other():
    text = (ROOT / "docs/guides/surveiller.md").read_text("utf-8")
    told = set(re.findall(r"`(doleance_[a-z_]+)", text))
    source = (ROOT / "doleance/boot/numbers.py").read_text("utf-8")
    known = set(re.findall(r'"(doleance_[a-z_]+)"', source))
    assert len(known) > 10
    assert {name.removesuffix("_total").removesuffix("_bucket") for name in told} - {"doleance_info"} == known


def directives(path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in path.read_text("utf-8").splitlines():
        name, is_setting, value = line.partition("=")
        if is_setting and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_is_shut_in_and_starts_what_its_name_says(path):
    told = directives(path)
    assert {name: told.get(name) for name in HARD} == {name: [value] for name, value in HARD.items()}
    part = path.stem.partition("-")[2] or "serve"
    assert told["ExecStart"] == [f"/opt/doleance/.venv/bin/python -m doleance.boot.cli {part}"]
    assert "DOLEANCE_HOME=/var/lib/doleance/home" in told["Environment"]
    assert told["StateDirectory"] == ["doleance"], "the one place that it may write to"
    assert int(told["TimeoutStopSec"][0]) > 25 + 60, "the grace of pages and jobs, then that of the database"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="sans systemd")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_reads_a_unit_without_a_word(path, tmp_path):
    text = path.read_text("utf-8").replace("/opt/doleance/.venv/bin/python", sys.executable)
    copy = tmp_path / path.name
    copy.write_text(text.replace("WorkingDirectory=/opt/doleance", "WorkingDirectory=/"))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", copy], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_image_is_locked_and_runs_as_nobody_in_particular():
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    steps = re.findall(r"^([A-Z]+) ((?:.*\\\n)*.*)$", text, re.MULTILINE)
    names = [name for name, _ in steps]
    assert steps[0] == ("FROM", "debian:12-slim")
    assert "://" not in text.replace("http://127.0.0.1:8000/healthz", "")
    installed = [body for name, body in steps if name == "RUN" and " install " in body]
    assert all("--require-hashes" in body for body in installed if "pip" in body)
    assert dict(steps)["USER"] == "doleance"
    assert names.index("USER") > max(place for place, name in enumerate(names) if name in {"RUN", "COPY"})
    assert (ROOT / ".dockerignore").read_text("utf-8").splitlines()[1:3] == ["*", "!doleance"]


def test_compose_migrates_as_the_owner_and_serves_as_the_application():
    told = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    services = told["services"]
    ours = {name: service for name, service in services.items() if service["image"] == "doleance"}
    assert {name: service["command"] for name, service in ours.items()} == {name: [name] for name in ours}
    assert ours.keys() <= COMMANDS.keys()
    for name, service in ours.items():
        assert "doleance_app:" in service["environment"]["DATABASE_URL"]
        assert ("DATABASE_OWNER_URL" in service["environment"]) == (name == "migrate"), name
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["volumes"] == ["home:/var/lib/doleance"], "one set of keys"
    assert services["web"]["ports"] == ["127.0.0.1:8000:8000"]
    roles = [line.split(":")[0] for line in services["database"]["volumes"] if line.startswith("..")]
    assert all((DEPLOY / path).is_file() for path in roles)


def nginx() -> dict[str, list[str]]:
    """Each directive and what follows it, whatever block it stands in."""
    text = re.sub(r"(?m)#.*$", "", (DEPLOY / "nginx.conf").read_text("utf-8"))
    assert text.count("{") == text.count("}")
    found: dict[str, list[str]] = {}
    for piece in re.findall(r"([^{};]+)[;{]", text):
        name, _, rest = " ".join(piece.split()).partition(" ")
        found.setdefault(name, []).append(rest)
    return found


def test_nginx_tells_who_asks_and_over_what_and_keeps_the_numbers_to_itself():
    told = nginx()
    headers = dict(rest.split(" ", 1) for rest in told["proxy_set_header"])
    assert headers["X-Forwarded-For"] == "$proxy_add_x_forwarded_for"
    assert headers["X-Forwarded-Proto"] == "$scheme"
    assert headers["Host"] == "$host"
    assert {f"HTTP_{name.upper().replace('-', '_')}" for name in headers} & set(FORWARDED), "may_read sees a proxy"
    assert "= /metrics" in told["location"]
    megabytes = int(told["client_max_body_size"][0].removesuffix("m"))
    assert megabytes * 1024 * 1024 > settings.DOLEANCE_MAX_BODY
    logged = told["log_format"][0]
    assert not re.search(r"\$(?:request\b|request_uri|uri|args|http_referer|remote_addr|remote_user)", logged)
    assert "$upstream_http_x_request_id" in logged


def test_caddy_does_the_same():
    text = (DEPLOY / "Caddyfile").read_text("utf-8")
    assert text.count("{") == text.count("}")
    assert "respond /metrics 404" in text
    assert "health_uri /readyz" in text
    assert int(re.search(r"max_size (\d+)MB", text)[1]) * 1_000_000 > settings.DOLEANCE_MAX_BODY
