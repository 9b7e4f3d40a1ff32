"""The AsyncAPI document of the sockets, generated from what is declared."""

from realtime.asyncapi.document import asyncapi_document

__all__ = ["asyncapi_document"]
