"""`sluice admin dead-letters`, which is now `sluice-ops dead-letters`."""

from sluice_client.commands.successor import moved

admin = moved("admin", "sluice-ops dead-letters")
