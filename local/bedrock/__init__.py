"""A stand-in for Amazon Bedrock's runtime, with a model that quotes or your own model."""
