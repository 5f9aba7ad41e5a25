"""What turns the rules into Lambda functions: settings, wiring, HTTP and telemetry."""
