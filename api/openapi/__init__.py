"""Describes the API in the words of OpenAPI 3.1, from the structs that it answers and a table of what it does."""
