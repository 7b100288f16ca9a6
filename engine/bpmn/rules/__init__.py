"""The rules a diagram must keep, one file a theme; each yields findings under a named code and changes nothing."""
