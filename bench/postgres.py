"""Empty databases on a PostgreSQL of the measurements' own, started once and stopped with the program."""

import atexit
import shutil
import subprocess
import tempfile
from functools import cache
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

CLUSTER = Path(__file__).resolve().parents[1] / "deploy" / "postgres" / "local-cluster"
_numbers = count(1)


def empty_database() -> str:
    """The URL of a new database, or nothing where PostgreSQL cannot be had; it is said why."""
    cluster = _cluster()
    if not cluster:
        return ""
    name = f"bench_{next(_numbers)}"
    engine = create_engine(cluster, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(cluster).set(database=name).render_as_string(hide_password=False)


@cache
def _cluster() -> str:
    folder = tempfile.mkdtemp(prefix="patchlog-bench-")
    Path(folder).chmod(0o755)  # who is root starts it as another user
    atexit.register(_remove, folder)
    started = subprocess.run([CLUSTER, "start", "--data", f"{folder}/data"], capture_output=True, text=True)
    if started.returncode:
        print(f"PostgreSQL is not measured: {started.stderr.strip()}", flush=True)
        return ""
    return started.stdout.split()[-1]


def _remove(folder: str) -> None:
    if Path(folder, "data").exists():
        subprocess.run([CLUSTER, "stop", "--data", f"{folder}/data"], capture_output=True)
    shutil.rmtree(folder)
