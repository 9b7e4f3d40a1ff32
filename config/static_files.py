"""WhiteNoise without a thread per request: it is synchronous, and would make every view that waits (long polls) hold a thread."""

from __future__ import annotations

from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    async_capable = True
    sync_capable = True

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if iscoroutinefunction(self):
            return self._answer(request)
        return super().__call__(request)

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(self.static_prefix):
            found = await sync_to_async(self._static)(request)
            if found is not None:
                return found
        response: HttpResponseBase = await self.get_response(request)
        return response

    def _static(self, request: HttpRequest) -> HttpResponse | None:
        """The file in one piece: what is streamed synchronously would be read by the event loop."""
        path = request.path_info
        file = self.find_file(path) if self.autorefresh else self.files.get(path)
        if file is None:
            return None
        streamed = self.serve(file, request)
        body = b"".join(streamed.streaming_content)
        streamed.close()
        return HttpResponse(body, status=streamed.status_code, headers=dict(streamed.items()))
