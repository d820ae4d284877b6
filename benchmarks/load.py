"""Signed webhooks as wrk's Lua wants them, and what wrk says afterwards."""

from __future__ import annotations

import base64
import hmac
import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

_LUA = """
local requests = {}
for line in io.lines("%(file)s") do
  local signature, body = line:match("^(%%S+) (.*)$")
  requests[#requests + 1] = {signature = signature, body = body}
end
local count = 0
request = function()
  count = count + 1
  local chosen = requests[count %% #requests + 1]
  local headers = {
    ["Content-Type"] = "application/json",
    ["X-Shopify-Topic"] = "orders/create",
    ["X-Shopify-Shop-Domain"] = "juniper-tea.myshopify.com",
    ["X-Shopify-API-Version"] = "2026-10",
    ["X-Shopify-Hmac-Sha256"] = chosen.signature,
    ["X-Shopify-Webhook-Id"] = "%(run)s-" .. count,
    ["X-Shopify-Triggered-At"] = "2026-11-23T09:00:00.000000000Z",
  }
  return wrk.format("POST", "%(path)s", headers, chosen.body)
end
done = function(summary, latency)
  io.write("RESULT " .. summary.requests .. " " .. summary.duration .. " "
    .. latency:percentile(50) .. " " .. latency:percentile(99) .. " " .. latency.max .. " "
    .. summary.errors.status + summary.errors.read + summary.errors.timeout .. "\\n")
end
"""


@dataclass(frozen=True, slots=True)
class Heard:
    """Rate in requests a second, latencies in milliseconds."""

    answered: int
    rate: float
    p50: float
    p99: float
    longest: float
    errors: int


def write_orders(path: Path, *, sample: dict[str, Any], secret: str, count: int = 400) -> int:
    """Sign ``count`` orders into ``path``; returns the size of one body in bytes."""
    lines = []
    for number in range(count):
        order = {**sample, "id": 5_600_000_000_000 + number, "name": f"#{number}"}
        body = orjson.dumps(_grown(order))
        signature = base64.b64encode(hmac.digest(secret.encode(), body, "sha256"))
        lines.append(signature + b" " + body)
    path.write_bytes(b"\n".join(lines) + b"\n")
    return len(lines[0].split(b" ", 1)[1])


def _grown(order: dict[str, Any]) -> dict[str, Any]:
    """As large as a real order: the sample with some of its lines repeated, up to 9 KB."""
    lines = order["line_items"]
    while len(json.dumps(order)) < 8500 and lines:
        order = {**order, "line_items": [*order["line_items"], lines[0]]}
    return order


def drive(url: str, path: str, orders: Path, *, run: str, connections: int, seconds: int) -> Heard:
    """Post to ``url`` for so many seconds; every request has a webhook id of its own."""
    script = orders.with_name(f"{run}.lua")
    script.write_text(_LUA % {"file": orders, "run": run, "path": path})
    wrk = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), url]
    said = subprocess.run(wrk, check=True, capture_output=True, text=True).stdout
    found = re.search(r"RESULT (\d+) (\d+) (\S+) (\S+) (\S+) (\d+)", said)
    if found is None:
        raise RuntimeError(said)
    requests, duration, p50, p99, longest, errors = (float(part) for part in found.groups())
    return Heard(
        answered=int(requests),
        rate=requests / (duration / 1e6),
        p50=p50 / 1000,
        p99=p99 / 1000,
        longest=longest / 1000,
        errors=int(errors),
    )
