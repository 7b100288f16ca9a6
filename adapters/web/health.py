"""`/health/live`, `/health/ready`, `/metrics`: for the service manager, the proxy and monitoring; shows nothing of anybody's work."""
from __future__ import annotations

from typing import Protocol, cast

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

router = APIRouter()
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


class Health(Protocol):
    def ready(self) -> bool: ...
    def may_read(self, address: str, bearer: str) -> bool: ...
    def metrics(self) -> str: ...


def health_of(request: Request) -> Health:
    return cast(Health, request.app.state.health)


@router.get("/health/live")
def live() -> PlainTextResponse:
    """The process answers."""
    return PlainTextResponse("ok\n")


@router.get("/health/ready")
def ready(request: Request) -> PlainTextResponse:
    """Requests may be sent here; 503 while the database is away."""
    return PlainTextResponse("ok\n") if health_of(request).ready() else PlainTextResponse("database\n", 503)


@router.get("/metrics")
def metrics(request: Request) -> PlainTextResponse:
    """Figures, for this machine or with the token; to anybody else there is no such page."""
    address = request.client.host if request.client else ""
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    if request.headers.get("x-forwarded-for") and not bearer:  # a proxy on this machine passes strangers on
        address = ""
    if not health_of(request).may_read(address, bearer):
        return PlainTextResponse("", 404)
    return PlainTextResponse(health_of(request).metrics(), media_type=PROMETHEUS)
