from django.apps import AppConfig


class GiftingConfig(AppConfig):
    name = "examples.gifting"
    label = "gifting"
    default_auto_field = "django.db.models.BigAutoField"
