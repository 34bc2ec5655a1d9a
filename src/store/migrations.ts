/**
 * The steps from an empty file to today's form, in order. A step that has been released is never changed: what comes
 * later is a step of its own.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE counters (name TEXT PRIMARY KEY, next INTEGER NOT NULL) STRICT;
  CREATE TABLE streams (
    id TEXT PRIMARY KEY,
    registration TEXT NOT NULL,
    paused INTEGER NOT NULL DEFAULT 0,
    epoch INTEGER NOT NULL DEFAULT 0,
    seq INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE history (
    id INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    event TEXT NOT NULL
  ) STRICT;
  CREATE INDEX history_by_stream ON history (stream, id);
  `,
  // A stream that the configuration file names has no registration here, but it is paused and counts like any other.
  `
  CREATE TABLE marks (
    stream TEXT PRIMARY KEY,
    paused INTEGER NOT NULL DEFAULT 0,
    epoch INTEGER NOT NULL DEFAULT 0,
    seq INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  INSERT INTO marks (stream, paused, epoch, seq) SELECT id, paused, epoch, seq FROM streams;
  ALTER TABLE streams DROP COLUMN paused;
  ALTER TABLE streams DROP COLUMN epoch;
  ALTER TABLE streams DROP COLUMN seq;
  `,
];
