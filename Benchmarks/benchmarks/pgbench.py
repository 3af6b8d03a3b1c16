"""PostgreSQL's own load, doing what an accepted order does to the database."""
import glob
import os
import re
import subprocess

from .load import CONNECTIONS

#: Order, outbox row and idempotency record, of about the same sizes as the service's own, at the same isolation.
_TRANSACTION = """\
\\set id random(1, 9000000000000000000)
BEGIN ISOLATION LEVEL SERIALIZABLE;
INSERT INTO bench.orders VALUES ('ORD-' || :id, 1, decode(repeat('7b', 420), 'hex'), 1, 1, 10, 100000, 'PLACED', :id, NULL);
INSERT INTO bench.outbox VALUES (:id::text, 1, decode(repeat('7b', 520), 'hex'), 'ORD-' || :id);
INSERT INTO bench.idempotency VALUES ('key-' || :id, 1, decode(repeat('7b', 700), 'hex'), :id);
COMMIT;
"""
_TABLES = """\
CREATE SCHEMA bench;
CREATE TABLE bench.orders (id text COLLATE "C" PRIMARY KEY, version bigint, document bytea, "branchId" bigint,
  "sauceId" bigint, qty bigint, amount bigint, status text COLLATE "C", "placedAt" bigint, "settleAt" bigint);
CREATE INDEX ON bench.orders (status NULLS FIRST, id);
CREATE INDEX ON bench.orders ("settleAt" NULLS FIRST, id);
CREATE TABLE bench.outbox (id text COLLATE "C" PRIMARY KEY, version bigint, document bytea, subject text COLLATE "C");
CREATE TABLE bench.idempotency (id text COLLATE "C" PRIMARY KEY, version bigint, document bytea, expiry bigint);
CREATE INDEX ON bench.idempotency (expiry NULLS FIRST, id);
"""


class PgBench:
    def __init__(self, url: str, scratch: str):
        self._url = url.replace("postgres://", "postgresql://", 1)
        self._programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self._script = os.path.join(scratch, "accept.sql")
        with open(self._script, "w") as file:
            file.write(_TRANSACTION)
        self._call("psql", "-q", "-v", "ON_ERROR_STOP=1", "-c", _TABLES, self._url)

    def rate(self, seconds: float) -> float:
        """Transactions a second, over as many connections as the shop's load has."""
        text = self._call(
            "pgbench", "-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "1", "-T", f"{max(1, round(seconds))}",
            "--max-tries=20", "-f", self._script, self._url)
        found = re.search(r"tps = ([0-9.]+)", text)
        if not found:
            raise RuntimeError(f"pgbench said nothing of its rate: {text}")
        return float(found[1])

    def _call(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [os.path.join(self._programs, program), *arguments], capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed: {done.stderr}")
        return done.stdout
