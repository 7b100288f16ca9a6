"""Tables, write path, reads and jobs on SQLite or PostgreSQL; decides nothing about processes and encrypts nothing itself."""
