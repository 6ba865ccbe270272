"""How long a property is tried: briefly, and as slowly as the machine likes."""

from hypothesis import HealthCheck, settings

BRIEFLY = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
