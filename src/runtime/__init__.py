"""What makes the rules a Lambda function: settings, wiring, HTTP, telemetry."""
