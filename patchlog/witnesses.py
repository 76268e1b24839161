"""What the read model knows of the log, to hold the log to."""

import click

from ingest.log.verifying import Witness
from projector.readmodel.generations import NoReadModel, Reader, is_unavailable, why_unavailable
from projector.readmodel.queries.checkpoints import read_checkpoints
from schemas.settings import Settings


def read_model_witnesses(settings: Settings) -> list[Witness]:
    """The hashes that the live read model has. Says so where there is none to be read, and gives nothing."""
    reader = Reader(settings.database_url)
    try:
        with reader.connect() as connection:
            return [Witness("the read model", read_checkpoints(connection))]
    except NoReadModel as error:
        click.echo(f"not held to a read model: {error}", err=True)
    except Exception as error:
        if not is_unavailable(error):
            raise
        click.echo(f"not held to the read model: {why_unavailable(error)}", err=True)
    finally:
        reader.close()
    return []
