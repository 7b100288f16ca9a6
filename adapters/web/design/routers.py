"""All routers of 设计, in the order in which addresses are tried."""
from adapters.web.design import packages, proposals, schemes

ROUTERS = (proposals.router, schemes.router, packages.router)
