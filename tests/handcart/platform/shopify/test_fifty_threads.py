"""The benchmark's fifty threads for three seconds: nobody hears that the bucket is empty."""

from __future__ import annotations

import pytest

from benchmarks import admin


@pytest.mark.server
def test_fifty_threads_on_one_shop_never_hear_of_an_empty_bucket() -> None:
    tally = admin.Tally()
    with admin.shop("plus", tally) as (url, token):
        admin.measure(url, token, tally, threads=50, seconds=3, plan="plus")
    assert tally.surfaced == {}
    assert tally.calls > 50
    assert tally.used > admin.PLANS["plus"][0]
