"""Process packages, schemes and calendars: read from folders before publishing, kept parsed after it; what they mean is the engine's."""
