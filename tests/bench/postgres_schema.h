// What PostgreSQL is given to do the same work: its settings, tables and triggers, written by somebody who wants it to win.
#pragma once

namespace anju::bench {

// As durable as the suite, and otherwise everything for speed: no replication in the log, no checkpoint within a run, memory for all of it.
inline constexpr const char* kPostgresSettings = R"(
fsync = on
synchronous_commit = on
full_page_writes = on
listen_addresses = ''
max_connections = 120
wal_level = minimal
max_wal_senders = 0
wal_buffers = 64MB
max_wal_size = 32GB
min_wal_size = 2GB
checkpoint_timeout = 1h
shared_buffers = %dMB
effective_cache_size = %dMB
work_mem = 64MB
maintenance_work_mem = 512MB
random_page_cost = 1.1
jit = off
max_parallel_workers_per_gather = 0
track_activities = off
logging_collector = off
)";

// `current` and `rollup` have a row for every series and cell from the beginning, with room on their pages, so that all changes are updates in place (HOT)
// of rows that are found by number. There is no row for the country or for the direct region: every batch would queue for it, and adding up is cheap on
// reading. Streams own whole provinces, so no batch waits for another's rows. What is ranked has a small table of its own with an index on the rate.
inline constexpr const char* kPostgresTables = R"(
CREATE TABLE updates (source int, sequence bigint, series int NOT NULL, as_of date NOT NULL, increment bool NOT NULL, amount bigint NOT NULL,
                      PRIMARY KEY (source, sequence));
CREATE TABLE single_updates (LIKE updates INCLUDING ALL);
CREATE TABLE current (series int PRIMARY KEY, as_of date NOT NULL, sequence bigint NOT NULL, amount bigint NOT NULL, city_cell int, province_cell int)
  WITH (fillfactor = 40);
CREATE TABLE rollup (cell int PRIMARY KEY, province int NOT NULL, programme int NOT NULL, indicator int NOT NULL, value bigint NOT NULL) WITH (fillfactor = 20);
CREATE TABLE standing (series int PRIMARY KEY, place int NOT NULL, league int NOT NULL, amount bigint NOT NULL, target bigint NOT NULL) WITH (fillfactor = 40);
)";

inline constexpr const char* kPostgresIndexes = R"(
CREATE INDEX rollup_read ON rollup (province, programme, indicator);
CREATE INDEX standing_rate ON standing (league, (amount::float8 / target) DESC);
CREATE INDEX standing_place ON standing (league, place);
)";

// Folds a set of new rows into current, rollup and standing: of each series the newest cumulative figure and the sum of its increments, and per cell the
// sum of the changes, so that a batch writes every row once. %s: the new rows.
inline constexpr const char* kPostgresFold = R"(
WITH arrived_now AS MATERIALIZED (SELECT * FROM %s),
newest AS (SELECT DISTINCT ON (series) series, as_of, sequence, amount FROM arrived_now WHERE NOT increment ORDER BY series, as_of DESC, sequence DESC),
change AS MATERIALIZED (
  SELECT c.series, n.as_of, n.sequence, n.amount - c.amount AS amount, c.city_cell, c.province_cell
    FROM newest n JOIN current c USING (series) WHERE (n.as_of, n.sequence) > (c.as_of, c.sequence)
  UNION ALL
  SELECT c.series, c.as_of, c.sequence, i.amount, c.city_cell, c.province_cell
    FROM (SELECT series, sum(amount)::bigint AS amount FROM arrived_now WHERE increment GROUP BY series) i JOIN current c USING (series)),
write_current AS (
  UPDATE current c SET as_of = d.as_of, sequence = d.sequence, amount = c.amount + d.amount FROM change d WHERE c.series = d.series),
write_standing AS (
  UPDATE standing s SET amount = s.amount + d.amount FROM change d WHERE s.series = d.series AND d.series >= %d)
UPDATE rollup r SET value = r.value + s.amount
  FROM (SELECT cell, sum(amount)::bigint AS amount
          FROM (SELECT city_cell AS cell, amount FROM change WHERE city_cell IS NOT NULL UNION ALL SELECT province_cell, amount FROM change WHERE province_cell IS NOT NULL) parts
         GROUP BY cell) s
 WHERE r.cell = s.cell;
)";

// %s: the fold of `arrived`.
inline constexpr const char* kPostgresTrigger = R"(
CREATE FUNCTION fold_arrived() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN %s RETURN NULL; END $body$;
CREATE TRIGGER fold AFTER INSERT ON updates REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION fold_arrived();
)";

inline constexpr const char* kPostgresRollup = "SELECT cell, value FROM rollup WHERE province = $1 AND programme = $2 AND indicator = $3";
inline constexpr const char* kPostgresTable =
    "SELECT place, amount, target, rank() OVER (ORDER BY amount::float8 / target DESC) FROM standing WHERE league = $1";
inline constexpr const char* kPostgresTop =
    "SELECT place, amount, target FROM standing WHERE league = $1 ORDER BY amount::float8 / target DESC LIMIT 20";
// Count what is better: an index-only look at the part of the index before it.
inline constexpr const char* kPostgresStanding =
    "SELECT s.amount, s.target, (SELECT count(*) FROM standing b WHERE b.league = $1 AND b.amount::float8 / b.target > s.amount::float8 / s.target) + 1 "
    "FROM standing s WHERE s.league = $1 AND s.place = $2";

}  // namespace anju::bench
