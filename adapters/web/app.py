"""The app factory: layers, errors, routes, static files. Knows no page."""
from __future__ import annotations

import os
from pathlib import Path

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp

from adapters.system.auditing import Auditing
from adapters.system.incidents import Mending
from adapters.system.materials import Materials
from adapters.system.search import Search
from adapters.system.demo import personas as prepared
from adapters.system.health import Health, Limits
from adapters.system.design import Design
from adapters.system.staffing import Staffing
from adapters.web import api, campaign, demo, desk, errors, evidence, health, inbox, incidents, instance, materials, objections, open_pages, paper, search, session, task, uploads
from adapters.web.audit import ROUTERS as AUDIT
from adapters.web.audit.read_only import read_only
from adapters.web.design.routers import ROUTERS as DESIGN
from adapters.web.ports import System
from adapters.web.rendering import environment
from adapters.web.security import PUBLIC, BodyLimit, Pace, SecurityHeaders
from adapters.web.signed_in import guard
from adapters.web.words import OrganisationNames

STATIC = Path(__file__).parent / "static"
REQUESTS_A_MINUTE = 600


class Site(FastAPI):
    """FastAPI with our layers outside of its own, so that the answer to a crash carries the headers too."""

    def build_middleware_stack(self) -> ASGIApp:
        return SecurityHeaders(BodyLimit(super().build_middleware_stack()))


class Assets(StaticFiles):
    """Style sheets, scripts and icons: the same for everybody, so they may be kept by caches."""

    async def __call__(self, scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        scope[PUBLIC] = True
        await super().__call__(scope, receive, send)


def create_app(system: System) -> FastAPI:
    """Pages and API over `system`; holds nothing else."""
    app = Site(
        title="办理 Banli", version="1", docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json",
        dependencies=[Depends(guard), Depends(read_only)], redirect_slashes=False,
    )
    app.state.system = system
    app.state.templates = environment()
    app.state.pace = Pace(REQUESTS_A_MINUTE)
    app.state.personas = lambda place: prepared(system, place)  # type: ignore[arg-type]
    app.state.design = Design(system)  # type: ignore[arg-type]
    app.state.staffing = Staffing(system)  # type: ignore[arg-type]
    app.state.auditing = Auditing(system)  # type: ignore[arg-type]
    app.state.mending = Mending(system)  # type: ignore[arg-type]
    app.state.search = Search(system.database)  # type: ignore[attr-defined]
    app.state.objections, app.state.gate = objections.Paces(), evidence.Gate()
    app.state.materials = Materials(system.database)  # type: ignore[attr-defined]
    app.state.receiving = uploads.Receiving()
    app.state.organisations = OrganisationNames(system)
    errors.install(app)
    for part in (session, desk, paper, inbox, task, materials, campaign, instance, incidents, uploads, demo, open_pages, objections, search):
        app.include_router(part.router, include_in_schema=False)
    for router in (*DESIGN, *AUDIT):
        app.include_router(router, include_in_schema=False)
    app.state.health = Health(system, os.environ.get("BANLI_METRICS_TOKEN", ""), Limits.from_environment())  # type: ignore[arg-type]
    app.include_router(health.router, include_in_schema=False)
    app.include_router(api.router)
    app.mount("/static", Assets(directory=STATIC), name="static")
    return app
