"""Makes docs/openapi.json, the API's contract, from the models, the operations and the errors."""
