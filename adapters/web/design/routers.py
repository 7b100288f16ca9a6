"""All routers of 设计, in the order in which addresses are tried."""
from adapters.web.design import calendars, form_edits, packages, places, proposals, schemes, staffing, text_edits

ROUTERS = (proposals.router, calendars.router, places.router, staffing.router, schemes.router, form_edits.router, text_edits.router, packages.router)
