"""`banli …`: the command line; reads arguments and prints, decides nothing."""
