"""All routers of 设计, in the order in which addresses are tried."""
from adapters.web.design import calendars, packages, places, proposals, schemes

ROUTERS = (proposals.router, calendars.router, places.router, schemes.router, packages.router)
