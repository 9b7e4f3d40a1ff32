"""What the engine's REST views have in common, whatever the defaults of the project are that they are part of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.parsers import BaseParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.views import APIView

from realtime.auth.rest import TokenAuthentication
from realtime.rest.errors import exception_handler
from realtime.rest.parsers import JSONParser


class EngineView(APIView):
    """For those who are signed in by a token; errors have the engine's form."""

    authentication_classes: Sequence[type[BaseAuthentication]] = [TokenAuthentication]
    permission_classes: Sequence[Any] = [IsAuthenticated]
    parser_classes: Sequence[type[BaseParser]] = [JSONParser]
    renderer_classes: Sequence[type[BaseRenderer]] = [JSONRenderer]

    def get_exception_handler(self) -> Any:
        return exception_handler
