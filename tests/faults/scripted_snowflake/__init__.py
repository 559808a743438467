"""A Snowflake of our own that speaks the whole driver protocol and can be told to do everything badly. See ../README.md."""
