"""`sluice plan`, which is now `sluice-ops plan`."""

from sluice_client.commands.successor import moved

plan = moved("plan", "sluice-ops plan")
