"""AWS as an operator reaches it: boto3 clients, failures in one line, and a stack's queues."""
