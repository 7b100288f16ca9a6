"""Messages that leave the building: texts with their gaps filled, and the channels that carry them; which message when is the engine's to say."""
