"""Django's backend for PostgreSQL, whose pool recovers at once when the database restarts."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base
from psycopg import OperationalError
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that is checked before a request uses it.

    The pool's own check (CONN_HEALTH_CHECKS) waits 1, 2, 4 s between the dead connections that
    it finds one by one, so a request fails if there are more than four
    (docs/decisions/0026-database-restart.md).
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a checked connection from the pool.

        If it is dead, the others are dead too, because the database has restarted. So all are
        replaced, and the one that is returned is new.
        """
        connection = super().get_new_connection(conn_params)
        try:
            ConnectionPool.check_connection(connection)
        except OperationalError:
            self.pool.putconn(connection)
            self.pool.drain()
            connection = super().get_new_connection(conn_params)
        return connection
