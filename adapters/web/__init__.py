"""Pages and the JSON API. Turns requests into commands and answers into pages; decides nothing."""
