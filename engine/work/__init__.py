"""Tasks for people: opening, completing, returning, withdrawing, countersigning, reminding; moves no token by itself but through the machine."""
