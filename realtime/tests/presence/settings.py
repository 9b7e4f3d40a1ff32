"""The settings of `node` processes: the engine alone, on the database and the Redis server that the environment names."""

import json
import os

SECRET_KEY = "of a test: nothing is signed with it"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "realtime"]
DATABASES = {"default": json.loads(os.environ["NODE_DATABASE"])}
REALTIME = json.loads(os.environ.get("NODE_REALTIME", "{}"))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
# Nothing is sent through it: it only has to be one that would reach other processes, or not.
_LAYER = "channels_redis.pubsub.RedisPubSubChannelLayer"
if os.environ.get("NODE_LAYER") == "memory":
    _LAYER = "channels.layers.InMemoryChannelLayer"
CHANNEL_LAYERS = {"default": {"BACKEND": _LAYER}}
