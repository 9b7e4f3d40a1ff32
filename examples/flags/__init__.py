"""Feature flags of somebody else's package, live: nothing of django-waffle is changed or wrapped."""
