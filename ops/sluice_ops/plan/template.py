"""Values of template.yaml that a plan uses. tests/ops/test_template.py compares them."""

#: Defaults of parameters.
PASSAGE_TOKENS = 4_000
MAX_OUTPUT_TOKENS = 1_000
OUTPUT_BURNDOWN = 1
LEASE_SECONDS = 30
GIVE_UP_MINUTES = 360
MAX_OPEN_JOBS_PER_CALLER = 10_000

#: Bounds of parameters.
LEAST_CONCURRENCY, MOST_CONCURRENCY = 2, 1_000
MOST_BATCH = 10
MOST_GIVE_UP_MINUTES = 4_320
MOST_OUTPUT_TOKENS, MOST_BURNDOWN = 128_000, 100

#: Gigabytes of each function; seconds of the worker's timeout.
GIGABYTES = 1
WORKER_TIMEOUT = 300
