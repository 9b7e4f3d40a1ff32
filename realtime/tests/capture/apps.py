from django.apps import AppConfig


class CaptureTestsConfig(AppConfig):
    name = "realtime.tests.capture"
    label = "shop"
    default_auto_field = "django.db.models.BigAutoField"
