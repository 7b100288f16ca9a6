"""SpiffWorkflow at work: OMG schema validation at publishing, and an independent second engine; only this folder imports it."""
