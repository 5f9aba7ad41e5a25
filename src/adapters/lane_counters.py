"""The lane counters on DynamoDB: one item per lane in the jobs' table.

`accepted` is the last queue number taken, and `head` the highest one started.
`mark` and `earlier` are two earlier values of the head, about one and two minutes old.
The rate of the lane is computed from them.
A shorter measurement would mislead, because a minute's quota is used in bursts.
A queue number whose job was never stored does no harm: the head passes it.
"""

from typing import TYPE_CHECKING

from adapters import failures
from sluice.job.job import Lane
from sluice.ports import LaneState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

#: Callers are hexadecimal hashes, so no caller has this name.
_PARTITION = "#lanes"
#: Seconds between two marks, and seconds without progress after which a lane has no rate.
_MARK_EVERY, _FORGET_AFTER = 60, 120


class DynamoLaneCounters:
    """Lane counters in the jobs' table. Raises StoreUnavailable."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        #: The heads that this worker has written. A lower queue number needs no write.
        self._heads: dict[Lane, int] = {}

    def take_numbers(self, lane: Lane, count: int) -> int:
        with failures.store():
            taken = self._client.update_item(
                TableName=self._table,
                Key=_key(lane),
                UpdateExpression="ADD accepted :count",
                ExpressionAttributeValues={":count": {"N": str(count)}},
                ReturnValues="UPDATED_NEW",
            )
        return int(taken["Attributes"]["accepted"]["N"]) - count + 1

    def begin(self, lane: Lane, queue_number: int, now: float) -> None:
        if queue_number <= self._heads.get(lane, 0):
            return
        self._heads[lane] = queue_number
        with failures.store():
            try:
                moved = self._client.update_item(
                    TableName=self._table,
                    Key=_key(lane),
                    UpdateExpression="SET head = :number, head_at = :now",
                    ConditionExpression="attribute_not_exists(head) OR head < :number",
                    ExpressionAttributeValues={
                        ":number": {"N": str(queue_number)},
                        ":now": {"N": repr(now)},
                    },
                    ReturnValues="ALL_OLD",
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return
        old = _numbers(moved.get("Attributes", {}))
        if now - old.get("mark_at", 0) >= _MARK_EVERY:
            self._mark(lane, queue_number, now, old)

    def _mark(self, lane: Lane, head: int, now: float, old: dict[str, float]) -> None:
        """Set a new mark, and keep the previous one as `earlier` unless the lane had paused."""
        paused = now - old.get("head_at", 0) > _FORGET_AFTER
        earlier = (head, now) if paused else (old.get("mark", head), old.get("mark_at", now))
        with failures.store():
            self._client.update_item(
                TableName=self._table,
                Key=_key(lane),
                UpdateExpression=(
                    "SET mark = :head, mark_at = :now, earlier = :earlier, earlier_at = :earlier_at"
                ),
                ExpressionAttributeValues={
                    ":head": {"N": str(head)},
                    ":now": {"N": repr(now)},
                    ":earlier": {"N": repr(earlier[0])},
                    ":earlier_at": {"N": repr(earlier[1])},
                },
            )

    def state(self, lane: Lane, now: float) -> LaneState:
        with failures.store():
            found = self._client.get_item(TableName=self._table, Key=_key(lane))
        item = _numbers(found.get("Item", {}))
        head, head_at = int(item.get("head", 0)), item.get("head_at", 0)
        seconds = head_at - item.get("earlier_at", head_at)
        if seconds < 1 or now - head_at > _FORGET_AFTER:
            return LaneState(head)
        return LaneState(head, (head - item["earlier"]) / seconds or None)


def _key(lane: Lane) -> "dict[str, AttributeValueTypeDef]":
    return {"caller": {"S": _PARTITION}, "job_id": {"S": lane}}


def _numbers(item: "dict[str, AttributeValueTypeDef]") -> dict[str, float]:
    return {name: float(value["N"]) for name, value in item.items() if "N" in value}
