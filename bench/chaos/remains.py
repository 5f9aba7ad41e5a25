"""What a burst has left behind: messages, dead letters, open jobs, bookings."""

import json
import math
import time
from collections.abc import Iterator, Mapping
from typing import Any

from bench.chaos.site import Site

_COUNTS = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
#: Seconds that the ledger may be ahead of this clock.
_AHEAD = 2.0


def messages(site: Site) -> int:
    """Messages in both lanes' queues, those that nobody sees for now included."""
    return sum(_messages(site, url) for url in site.queues)


def remains(site: Site) -> list[str]:
    """Everything that should not be there once all jobs have ended and all messages are gone."""
    found = []
    for what, count in (
        ("messages", messages(site)),
        ("dead letters", _messages(site, site.outputs["DeadLetterQueueUrl"])),
        ("jobs open in the index", _open(site)),
    ):
        if count:
            found.append(f"{count} {what}")
    return [*found, *_wrong_ledgers(site)]


def _messages(site: Site, url: str) -> int:
    counts = site.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=_COUNTS)
    return sum(int(number) for number in counts["Attributes"].values())


def _open(site: Site) -> int:
    pages = (
        site.client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=site.table, IndexName="open-jobs", Select="COUNT")
    )
    return sum(int(page["Count"]) for page in pages)


def _wrong_ledgers(site: Site) -> Iterator[str]:
    found = site.client("dynamodb").query(
        TableName=site.table,
        KeyConditionExpression="caller = :pace",
        ExpressionAttributeValues={":pace": {"S": "#pace"}},
    )
    if not found["Items"]:
        yield "no ledger was ever written"
    for item in found["Items"]:
        ledger = json.loads(item["ledger"]["S"])
        for name, meter in ledger["meters"].items():
            for wrong in wrong_bookings(meter, time.time()):
                yield f"ledger {item['job_id']['S']}, {name}: {wrong}"


def wrong_bookings(meter: Mapping[str, Any], now: float) -> Iterator[str]:
    """What cannot be in a stored meter, of steps of one second, while nobody waits for a turn."""
    booked = meter.get("booked", [])
    if any(not math.isfinite(units) or units < 0 for units in booked):
        yield "a booking of less than nothing"
    if booked and meter["from"] + len(booked) - 1 > now + _AHEAD:
        yield "a booking ahead of time that nobody waits for"
    if "next" in meter and not 0 < meter["next"] <= now + _AHEAD:
        yield "a next call ahead of time that nobody waits for"
    if meter.get("learned") and not meter["learned"]["units"] > 0:
        yield "a pace of nothing"
