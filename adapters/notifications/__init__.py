"""Messages that leave the building and the channels that carry them; which message when, and its words, are the engine's to say."""
