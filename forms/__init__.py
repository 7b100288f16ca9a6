"""What a task asks: YAML forms, and the pure code that turns raw input into answers or into every problem at once; stores nothing."""
