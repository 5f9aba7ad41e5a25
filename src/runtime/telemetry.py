"""Structured logs and metrics. Never a question, a passage, an answer or a key at INFO."""

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

__all__ = ["MetricUnit", "logger", "metrics"]

#: JSON lines; the level is POWERTOOLS_LOG_LEVEL.
logger = Logger(service="sluice")

#: CloudWatch embedded metrics, in the namespace Sluice.
metrics = Metrics(namespace="Sluice", service="sluice")
