from __future__ import annotations

import json

import pytest

from benchmarks.sizing import Day, Figures, needs, read_figures

FIGURES = Figures(
    accepted=4000, applied=2000, accept_cpu=200, apply_cpu=600, database_cpu=300, kept_kb=9
)


def test_a_day_is_shops_times_orders_times_webhooks() -> None:
    day = Day(shops=1000, orders=100, webhooks=18, busiest_hour=0.1, burst=3)
    assert (day.total, day.hour, day.minute) == (1_800_000, 50, 150)


def test_cores_are_what_the_busiest_hour_computes_at_sixty_per_cent() -> None:
    need = needs(Day(1000, 100, 18, 0.1, 3), FIGURES)
    assert need.cores == pytest.approx(50 * 600e-6 / 0.6)
    assert need.database_cores == pytest.approx(50 * 300e-6 / 0.6)


def test_the_busiest_minute_is_accepted_at_once_and_applied_a_little_later() -> None:
    calm = needs(Day(1000, 100, 18, 0.1, 1), FIGURES)
    wild = needs(Day(1000, 100, 18, 0.1, 12), FIGURES)
    assert calm.behind_s == 0
    assert wild.behind_s == pytest.approx((600 - 600 * 200 / 600 / 0.6) * 60 / (600 * 200 / 360))
    assert wild.cores == pytest.approx(600 * 200e-6 / 0.6)


def test_the_disk_holds_thirty_days_of_bodies() -> None:
    need = needs(Day(1000, 100, 10), FIGURES)
    assert need.disk_gb == pytest.approx(1e6 * 9 * 30 / 1e6)


def test_figures_are_medians_of_what_was_measured() -> None:
    receive = {"benchmark": "receive", "contender": "Handcart, SQLite", "database_cpu": None}
    apply = {"benchmark": "apply", "crew": "SQLite, one process", "database_cpu": None}
    rows = [
        *({**receive, "rate": rate, "cpu": 200} for rate in (1, 3000, 4000)),
        {**apply, "rate": 900, "cpu": 700},
        {"benchmark": "disk", "rate": 1},
    ]
    found = read_figures(map(json.dumps, rows), "sqlite")
    assert found == Figures(3000, 900, 200, 700, 0, 9.4)
    with pytest.raises(LookupError):
        read_figures(map(json.dumps, rows), "postgresql")
