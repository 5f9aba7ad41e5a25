"""What must not be left once all jobs have ended: messages, open jobs, impossible bookings."""

import json
import math
import time
from collections.abc import Iterator, Mapping
from typing import Any

from bench.chaos.environment import ChaosEnvironment

#: Seconds that the ledger may be ahead of this clock.
_AHEAD = 2.0


def leftovers(environment: ChaosEnvironment) -> list[str]:
    """Everything that is left although all jobs have ended and the queues are empty."""
    found = []
    for what, count in (
        ("messages", environment.messages()),
        ("dead letters", environment.messages_in(environment.outputs["DeadLetterQueueUrl"])),
        ("open jobs in the index", _open_jobs(environment)),
    ):
        if count:
            found.append(f"{count} {what}")
    return [*found, *_wrong_ledgers(environment)]


def _open_jobs(environment: ChaosEnvironment) -> int:
    pages = (
        environment.client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=environment.table, IndexName="open-jobs", Select="COUNT")
    )
    return sum(int(page["Count"]) for page in pages)


def _wrong_ledgers(environment: ChaosEnvironment) -> Iterator[str]:
    found = environment.client("dynamodb").query(
        TableName=environment.table,
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
    """What is impossible in a stored meter, with one step per second, while no job waits."""
    booked = meter.get("booked", [])
    if any(not math.isfinite(units) or units < 0 for units in booked):
        yield "a negative booking"
    if booked and meter["from"] + len(booked) - 1 > now + _AHEAD:
        yield "a booking in the future although no job waits"
    if "next" in meter and not 0 < meter["next"] <= now + _AHEAD:
        yield "a next call in the future although no job waits"
    if meter.get("learned") and not meter["learned"]["units"] > 0:
        yield "a learned pace of zero"
