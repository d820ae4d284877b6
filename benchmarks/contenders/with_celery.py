"""Flask that hands each webhook to Celery: the 200 says that Redis has it in its log.

Redis flushes that log before it answers, so the webhook outlives a power cut; nothing recognises
a repetition, nothing is in the order it came, and the app's database knows nothing of it until a
worker has run the task.
"""

from __future__ import annotations

import os

from celery import Celery
from flask import Flask, request

from .plain_flask import is_genuine
from .storing import keep

tasks = Celery("webhooks", broker=os.environ["BENCH_REDIS"])
tasks.conf.update(task_ignore_result=True, task_acks_late=True, worker_prefetch_multiplier=1)
app = Flask(__name__)


@tasks.task  # type: ignore[untyped-decorator]
def handle(webhook_id: str, topic: str, shop: str, payload: object) -> None:
    keep(webhook_id, topic=topic, shop=shop, payload=payload)


@app.post("/webhooks")
def receive() -> tuple[str, int]:
    if not is_genuine(request.get_data()):
        return "", 401
    handle.delay(
        request.headers["X-Shopify-Webhook-Id"],
        request.headers["X-Shopify-Topic"],
        request.headers["X-Shopify-Shop-Domain"],
        request.get_json(),
    )
    return "", 200
