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


def test_machines_are_what_the_worse_of_accepting_and_applying_asks_for() -> None:
    assert needs(Day(1000, 100, 18, 0.1, 1), FIGURES).machines == pytest.approx(50 / 2000 / 0.6)
    assert needs(Day(1000, 100, 18, 0.1, 100), FIGURES).machines == pytest.approx(5000 / 4000)


def test_the_busiest_minute_is_accepted_at_once_and_applied_a_little_later() -> None:
    assert needs(Day(1000, 100, 18, 0.1, 3), FIGURES).behind_s == 0
    assert needs(Day(1000, 100, 18, 0.1, 60), FIGURES).behind_s == pytest.approx(1000 * 60 / 2000)
    wild = needs(Day(1000, 100, 18, 0.1, 100), FIGURES)
    assert wild.behind_s == pytest.approx((5000 - 2500) * 60 / 2500)
    assert wild.cores == pytest.approx(5000 * 200e-6 / 0.6)


def test_the_disk_holds_thirty_days_of_bodies() -> None:
    need = needs(Day(1000, 100, 10), FIGURES)
    assert need.disk_gb == pytest.approx(1e6 * 9 * 30 / 1e6)


def test_figures_are_medians_of_what_was_measured() -> None:
    receive = {"benchmark": "receive", "contender": "Handcart, SQLite", "database_cpu": None}
    apply = {"benchmark": "apply", "crew": "SQLite, one process", "database_cpu": None}
    rows = [
        {**receive, "rate": 9, "cpu": 9},
        {"benchmark": "machine", "facts": "what is before this is of another day"},
        *({**receive, "rate": rate, "cpu": 200} for rate in (1, 3000, 4000)),
        {**apply, "rate": 900, "cpu": 700},
        {"benchmark": "disk", "rate": 1},
    ]
    found = read_figures(map(json.dumps, rows), "sqlite")
    assert found == Figures(3000, 900, 200, 700, 0, 9.4)
    with pytest.raises(LookupError):
        read_figures(map(json.dumps, rows), "postgresql")
