"""What may happen next: the pure engine. No input or output, no clock, no dice, no globals."""
