"""Read models in PostgreSQL: a generation is a schema `patchlog_N`, the pointer a row for each schema version in
`public.patchlog_pointer`.
"""

from projector.readmodel.postgresql.database import PostgresDatabase

__all__ = ["PostgresDatabase"]
