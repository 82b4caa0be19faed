"""How much the property tests draw: a little in ./test, much in ./nightly."""

from hypothesis import HealthCheck, settings

# two cores that others load as well: time says nothing about a draw
settings.register_profile(
    "default", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("nightly", parent=settings.get_profile("default"), max_examples=5_000)
settings.load_profile("default")
