"""A stand-in for Amazon Kendra over a folder of documents."""
