"""Alarms and the dashboard ask for figures that processes export, by labels that these have."""

import json
import re

import pytest
import yaml

from shared import observability
from tests.deploy.rendered import ROOT, compose

FOLDER = ROOT / "deploy" / "observability"
PARTS = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
EXPORTED = {
    one._name + part: {*one._labelnames, *(["le"] if part == "_bucket" else [])}
    for one in vars(observability).values()
    if hasattr(one, "_labelnames")
    for part in PARTS[one._type]
}
RULES = [
    rule for group in yaml.safe_load((FOLDER / "rules.yml").read_text())["groups"] for rule in group["rules"]
]
PANELS = json.loads((FOLDER / "dashboard.json").read_text())["panels"]
ASKED = {rule["alert"]: rule["expr"] for rule in RULES} | {
    panel["title"]: target["expr"] for panel in PANELS for target in panel["targets"]
}


@pytest.mark.parametrize("expression", ASKED.values(), ids=ASKED)
def test_what_is_asked_is_exported(expression):
    names = set(re.findall(r"\btailored_\w+", expression))
    by = {
        label.strip() for labels in re.findall(r"by \(([^)]*)\)", expression) for label in labels.split(",")
    }
    chosen = set(re.findall(r"(\w+)=\"", expression))

    if expression.startswith("up{"):
        assert chosen == {"job"}
        return
    assert names
    for name in names:
        assert by | chosen <= EXPORTED[name], name


def test_states_that_alarms_name_are_states_that_are_counted():
    from shared.messaging.counting import STATES

    named = {state for expression in ASKED.values() for state in re.findall(r"state=\"(\w+)\"", expression)}

    assert named
    assert named <= set(STATES)


def test_every_alarm_speaks_both_languages_and_stands_in_the_operators_manual():
    manual = (ROOT / "docs" / "operations.md").read_text()
    for rule in RULES:
        assert re.search(r"[\u4e00-\u9fff]", rule["annotations"]["summary_zh"])
        assert not re.search(r"[\u4e00-\u9fff]", rule["annotations"]["summary"])
        assert f"`{rule['alert']}`" in manual


def test_prometheus_asks_every_service_of_the_compose_file_where_it_listens():
    (job,) = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]
    (found,) = job["dns_sd_configs"]
    ours = {
        name for name, one in compose()["services"].items() if "healthcheck" in one and "8000" in str(one)
    }

    assert set(found["names"]) == ours - {"ingress"}
    assert found["port"] == 8000
