from django.apps import AppConfig


class FlagsConfig(AppConfig):
    name = "examples.flags"
    label = "flags"
