"""The adapters of the ports for AWS. Only this package uses boto3."""
