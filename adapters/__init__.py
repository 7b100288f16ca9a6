"""Everything with a cable: each folder imports the engine and the forms, never another adapter; only `system` joins them."""
