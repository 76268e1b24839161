"""The page about monitoring names every metric that is exported, and rules and dashboard use no other."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from falcon.testing import TestClient
from prometheus_client import REGISTRY, generate_latest

import ingest.app
import projector.app
from api.app import create_app
from ingest.log import open_log
from projector.live import open_live
from projector.meters import Stores
from projector.readmodel.generations import Reader, ReadModels
from schemas.settings import Settings
from tests.api.test_meters import figures

ROOT = Path(__file__).resolve().parents[2]
LIBRARYS_OWN = ("process_", "python_")
NAME = re.compile(r"\bpatchlog_\w+")
PART_OF_HISTOGRAM = re.compile(r"_(bucket|sum|count)$")
RULES = ROOT / "deploy/prometheus/alerts.yml"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "patchlog"
DASHBOARD = ROOT / "deploy/grafana/patchlog.json"
PARTS = (ingest.app, projector.app)
"""What is counted in them is in the library's registry as soon as they are loaded."""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """The names of everything that any process exports, as Prometheus knows it: of a histogram, without its parts."""
    folder = tmp_path_factory.mktemp("exported")
    settings = Settings(data=str(folder))
    log, reader = open_log(settings.log_url), Reader(settings.database_url)
    open_live(log, ReadModels(settings.database_url)).close()
    stores = Stores(log, reader, settings.log_url, settings.database_url)
    stores.note_published((0, 0))
    looked_up = {family.name for family in stores.collect()}
    log.close()
    api = TestClient(create_app(settings))
    api.simulate_get("/healthz")
    texts = generate_latest(REGISTRY).decode() + figures(api)
    typed = set(re.findall(r"^# TYPE (\w+) ", texts, re.MULTILINE))
    return frozenset(
        name for name in looked_up | typed if not name.startswith(LIBRARYS_OWN) and not name.endswith("_created")
    )


def test_every_metric_is_in_the_page_and_every_one_of_the_page_is_exported(exported: frozenset[str]) -> None:
    page = (ROOT / "docs/monitoring.md").read_text()
    assert set(re.findall(r"^\| `(patchlog_\w+)` \|", page, re.MULTILINE)) == exported


def used(expressions: list[str]) -> set[str]:
    return {PART_OF_HISTOGRAM.sub("", name) for text in expressions for name in NAME.findall(text)}


def test_rules_use_what_is_exported(exported: frozenset[str]) -> None:
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    names = used([rule["expr"] for rule in group["rules"]])
    assert len(names) > 8 and names <= exported
    for rule in group["rules"]:
        assert rule["annotations"].keys() == {"summary", "description"}, rule["alert"]
        assert rule["labels"]["severity"] in ("warning", "critical"), rule["alert"]


def test_dashboard_shows_every_metric_and_none_else(exported: frozenset[str]) -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    names = used([target["expr"] for panel in panels for target in panel["targets"]])
    said_by_alerts_alone = {
        "patchlog_log_reachable", "patchlog_database_reachable", "patchlog_projector_active",
    }  # fmt: skip
    assert names == exported - said_by_alerts_alone
    assert len({panel["id"] for panel in panels}) == len(panels)


def promtool(*arguments: str | Path) -> str:
    """What Prometheus' own tool says of files, of which it must think well; skips where it was not fetched."""
    tool = shutil.which("promtool", path=f"{os.environ['PATH']}:{CACHE}")
    if tool is None:
        pytest.skip("promtool was not fetched (deploy/prometheus/fetch-promtool)")
    checked = subprocess.run([tool, *arguments], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    return checked.stdout


def test_prometheus_takes_the_rules() -> None:
    assert "SUCCESS: 15 rules found" in promtool("check", "rules", RULES)


def test_prometheus_takes_the_expressions_of_the_dashboard(tmp_path: Path) -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    expressions = [target["expr"] for panel in panels for target in panel["targets"]]
    rules = [
        {"record": f"panel:{number}", "expr": expression.replace("$__rate_interval", "5m")}
        for number, expression in enumerate(expressions)
    ]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"SUCCESS: {len(rules)} rules found" in promtool("check", "rules", file)


RINGING = [
    ("PatchlogDown", 'up{job="patchlog"}', "0x20", True),
    ("PatchlogDown", 'up{job="patchlog"}', "1x20", False),
    ("PatchlogLogUnreachable", "patchlog_log_reachable", "0x20", True),
    ("PatchlogDatabaseUnreachable", 'patchlog_database_reachable{instance="a"}', "0x20", True),
    ("PatchlogProjectorBehind", "patchlog_projector_lag_seconds", "30+60x20", True),
    ("PatchlogProjectorBehind", "patchlog_projector_lag_seconds", "30x20", False),
    ("PatchlogMailDeferred", 'patchlog_mails_received_total{answer="451"}', "0+1x20", True),
    ("PatchlogMailDeferred", 'patchlog_mails_received_total{answer="250"}', "0+1x20", False),
    ("PatchlogNoMail", 'patchlog_mails_received_total{answer="250"}', "5x60", True),
    ("PatchlogNoMail", 'patchlog_mails_received_total{answer="250"}', "5+1x60", False),
    ("PatchlogNoProjector", "patchlog_projector_active", "0x20", True),
    ("PatchlogNoProjector", "patchlog_projector_active", "1x20", False),
    ("PatchlogNoProjector", 'up{job="another"}', "1x20", True),
    ("PatchlogPublishingBehind", "patchlog_publishing_lag_events", "7x20", True),
    ("PatchlogPublishingBehind", "patchlog_publishing_lag_events", "0x20", False),
    ("PatchlogDeadLetters", 'patchlog_dead_letters_alarming{reason="bad-header"}', "1x20", True),
    ("PatchlogConflictingCopies", 'patchlog_copies_alarming{project="demo"}', "1x20", True),
    ("PatchlogConflictingCopies", 'patchlog_copies_alarming{project="demo"}', "0x20", False),
    ("PatchlogDiskLow", 'patchlog_disk_free_bytes{store="log"}', "1000x20", True),
    ("PatchlogDiskLow", 'patchlog_disk_free_bytes{store="log"}', "5000000000x20", False),
    ("PatchlogDiskFullTomorrow", 'patchlog_disk_free_bytes{store="log"}', "7e11-1e10x60", True),
    ("PatchlogDiskFullTomorrow", 'patchlog_disk_free_bytes{store="log"}', "7e11-1e9x60", False),
    ("PatchlogApiErrors", 'patchlog_http_request_seconds_count{status="503"}', "0+60x20", True),
    ("PatchlogApiErrors", 'patchlog_http_request_seconds_count{status="200"}', "0+60x20", False),
]
"""A rule, one series with its value each minute of 20, or each hour of 60, and whether the rule rings at the end."""


def check(alert: str, series: dict[str, str], is_ringing: bool, folder: Path) -> None:
    """Let Prometheus' own test of rules count the alerts by an expression, after the last value but one."""
    interval, at = ("1h", "59h") if next(iter(series.values())).endswith("x60") else ("1m", "19m")
    inputs = [{"series": name, "values": values} for name, values in series.items()]
    counted = f'count(ALERTS{{alertname="{alert}",alertstate="firing"}}) or vector(0)'
    expected = {"expr": counted, "eval_time": at, "exp_samples": [{"labels": "{}", "value": int(is_ringing)}]}
    test = {"interval": interval, "input_series": inputs, "promql_expr_test": [expected]}
    file = folder / "test.yml"
    file.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": interval, "tests": [test]}))
    promtool("test", "rules", file)


@pytest.mark.parametrize(("alert", "series", "values", "is_ringing"), RINGING)
def test_an_alert_rings_when_it_should(alert: str, series: str, values: str, is_ringing: bool, tmp_path: Path) -> None:
    check(alert, {series: values}, is_ringing, tmp_path)


@pytest.mark.parametrize(
    ("alert", "free", "is_ringing"),
    [
        pytest.param("PatchlogDiskLow", "6e9x20", True, id="low: 1 GB until mail is deferred"),
        pytest.param("PatchlogDiskLow", "7e9x20", False, id="not low: 2 GB"),
        pytest.param("PatchlogDiskShort", "6e9x20", False, id="not short: more than the reserve"),
        pytest.param("PatchlogDiskShort", "4e9x20", True, id="short: less than the reserve"),
    ],
)
def test_room_is_what_the_reserve_leaves(alert: str, free: str, is_ringing: bool, tmp_path: Path) -> None:
    """The receiver says what it keeps free; the projector says of the same disk how much is free, and nothing else."""
    said = {
        'patchlog_disk_free_bytes{store="log",instance="ingest"}': free,
        'patchlog_disk_reserve_bytes{store="log",instance="ingest"}': "5e9x20",
        'patchlog_disk_free_bytes{store="log",instance="projector"}': free,
        'patchlog_disk_free_bytes{store="database",instance="projector"}': "9e9x20",
    }
    check(alert, said, is_ringing, tmp_path)


@pytest.mark.parametrize(("within", "is_ringing"), [("0.5", False), ("2.5", True)])
def test_slow_appends_ring(within: str, is_ringing: bool, tmp_path: Path) -> None:
    below = "0.25" if within == "0.5" else "1"
    appends = {below: "0x20", within: "0+60x20", "+Inf": "0+60x20"}
    series = {f'patchlog_log_append_seconds_bucket{{le="{le}"}}': values for le, values in appends.items()}
    check("PatchlogAppendSlow", series, is_ringing, tmp_path)


def test_every_rule_was_made_to_ring() -> None:
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    ringing = {alert for alert, _, _, is_ringing in RINGING if is_ringing}
    assert {rule["alert"] for rule in group["rules"]} == ringing | {"PatchlogAppendSlow", "PatchlogDiskShort"}
