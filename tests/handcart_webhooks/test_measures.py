from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from opentelemetry import trace
from prometheus_client import REGISTRY, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from handcart import Handcart
from handcart.errors import UserError, UserErrors
from handcart.storage import add_task
from handcart_webhooks.inbox import deliveries
from handcart_webhooks.measures import gauges_of
from tests.handcart.test_telemetry import collected as collected

from .conftest import SHOP, Client, Clock
from .draining import drain

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "docs" / "grafana" / "alerts.yml"
LEVEL = {
    "inventory_item_id": 11,
    "location_id": 21,
    "available": 3,
    "updated_at": "2026-11-23T10:00:00+02:00",
}


def sample(text: str, name: str, **labels: str) -> float | None:
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            if one.name == name and one.labels == labels:
                return one.value
    return None


def scraped(app: Handcart) -> str:
    return (generate_latest() + generate_latest(gauges_of(app))).decode()


def test_depth_and_lag_are_read_when_asked_for(
    installed: Handcart, client: Client, clock: Clock
) -> None:
    client.post("themes/publish", {"id": 1})
    drain(installed)
    client.post("carts/update", {"id": "c1"})
    client.post("carts/update", {"id": "c2"})
    clock.advance(seconds=90)
    text = scraped(installed)
    assert sample(text, "handcart_queue_rows", queue="deliveries", state="waiting") == 2
    assert sample(text, "handcart_queue_rows", queue="deliveries", state="dead") == 1
    assert sample(text, "handcart_queue_rows", queue="tasks", state="waiting") == 0
    assert sample(text, "handcart_queue_lag_seconds", queue="deliveries") == 90
    assert sample(text, "handcart_queue_lag_seconds", queue="tasks") == 0


def test_a_task_for_later_has_no_lag(installed: Handcart, clock: Clock) -> None:
    with installed.db.writing() as work:
        due = clock() + (clock() - clock().replace(hour=0))
        add_task(work, SHOP, "find_pickups", {}, at=clock(), kind="job", due_at=due)
    text = scraped(installed)
    assert sample(text, "handcart_queue_rows", queue="tasks", state="waiting") == 1
    assert sample(text, "handcart_queue_lag_seconds", queue="tasks") == 0


def test_the_database_may_be_away_while_somebody_asks(app: Handcart) -> None:
    with app.db.writing() as work:
        deliveries.drop(work)
    assert "handcart_queue_rows" not in scraped(app)
    assert "handcart_webhooks_received_total" in scraped(app)


def seen(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0


def test_every_try_is_timed_and_counted(
    installed: Handcart, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refuses:
        def fulfil(self, *, key: str) -> None:
            raise UserErrors([UserError("closed")])

    monkeypatch.setattr(installed, "platform", lambda shop: Refuses())
    names: dict[str, dict[str, str]] = {
        "handcart_webhook_commit_seconds_count": {},
        "handcart_webhook_handle_seconds_count": {"topic": "inventory_levels/update"},
        "handcart_task_seconds_count": {"kind": "call"},
        "handcart_tasks_tried_total": {"kind": "call", "end": "dead"},
    }
    before = {name: seen(name, **labels) for name, labels in names.items()}
    client.post("inventory_levels/update", LEVEL)
    with installed.db.writing() as work:
        add_task(work, SHOP, "fulfil", {}, at=installed.clock())
    drain(installed)
    after = {name: seen(name, **labels) for name, labels in names.items()}
    assert {name: after[name] - before[name] for name in names} == dict.fromkeys(names, 1)


def test_receiving_handling_and_calling_are_spans_that_share_an_id(
    installed: Handcart, client: Client, collected: Any
) -> None:
    client.post("inventory_levels/update", LEVEL, Webhook_Id="w1")
    client.post("themes/publish", {"id": 1}, Webhook_Id="w2")
    drain(installed)
    spans = collected.get_finished_spans()
    assert [(one.name, one.attributes["handcart.webhook_id"]) for one in spans] == [
        ("handcart.receive", "w1"),
        ("handcart.receive", "w2"),
        ("handcart.handle", "w1"),
        ("handcart.handle", "w2"),
        ("handcart.event", "w1"),
    ]
    assert [one.status.description for one in spans] == [None, None, None, "topic_unknown", None]
    assert spans[3].status.status_code is trace.StatusCode.ERROR


def exposed(app: Handcart) -> set[str]:
    """Every name that Prometheus would store, of ours."""
    families = text_string_to_metric_families(scraped(app))
    made = {one.name for family in families for one in family.samples}
    # What nothing was counted of yet has no samples, but its names are promised all the same.
    for family in text_string_to_metric_families(scraped(app)):
        ends = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}
        made |= {family.name + end for end in ends.get(family.type, [""])}
    return {name for name in made if name.startswith("handcart_")}


def named_in(text: str) -> set[str]:
    return set(re.findall(r"\bhandcart_[a-z_]+\b", text))


def test_every_metric_that_the_dashboard_names_exists(app: Handcart) -> None:
    board = json.loads((ROOT / "docs" / "grafana" / "handcart.json").read_text())
    asked = {target["expr"] for panel in board["panels"] for target in panel.get("targets", ())}
    named = set().union(*map(named_in, asked))
    assert len(named) >= 8
    assert named - exposed(app) == set()


def rules() -> list[dict[str, Any]]:
    [group] = yaml.safe_load(ALERTS.read_text())["groups"]
    return list(group["rules"])


def test_every_metric_that_an_alert_names_exists_and_every_alert_is_documented(
    app: Handcart,
) -> None:
    named = set().union(*(named_in(rule["expr"]) for rule in rules()))
    assert named - exposed(app) == set()
    documented = (ROOT / "docs" / "operating.md").read_text().partition("### Alerts\n")[2]
    names = [rule["alert"] for rule in rules()]
    assert sorted(re.findall(r"`(Handcart\w+)`", documented)) == sorted(names)
    assert [set(rule["annotations"]) for rule in rules()] == [{"summary", "description"}] * 9


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool comes with Prometheus")
def test_prometheus_understands_the_alerts() -> None:
    subprocess.run(["promtool", "check", "rules", str(ALERTS)], check=True, capture_output=True)


def test_every_metric_is_documented_and_no_other(app: Handcart) -> None:
    section = (ROOT / "docs" / "operating.md").read_text().partition("## Metrics\n")[2]
    documented = named_in(section.partition("\n## ")[0])
    names = {name for name in exposed(app) if not name.endswith("_created")}
    assert documented == {re.sub(r"_(bucket|count|sum)$", "", name) for name in names}
