"""The pages of 设计: packages, schemes, calendars, other places; what they may do is asked of the composition root."""
