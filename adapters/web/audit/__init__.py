"""The auditor's pages: the record in sentences, the time machine, integrity, replay, who could see, exports; they change no process."""
from adapters.web.audit import acts, journal, timemachine

ROUTERS = (journal.router, acts.router, timemachine.router)
