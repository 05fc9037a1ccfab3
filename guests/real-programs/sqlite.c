// SQLite, in memory: rows put in and looked for, an index, a join, sorting and grouping, changes and
// deletions.
#include <sqlite3.h>

#include "bench/programs/program.h"

enum { rows = 1000 };

static void check(int good) {
  if (!good) {
    fputs("SQLite failed\n", stderr);
    exit(1);
  }
}

static void run(sqlite3* db, const char* sql) { check(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK); }

static void fill(sqlite3* db, uint32_t seed) {
  run(db,
      "BEGIN; CREATE TABLE part(id INTEGER PRIMARY KEY, kind INTEGER, name TEXT, amount INTEGER);"
      "CREATE TABLE kind(id INTEGER PRIMARY KEY, name TEXT);");
  sqlite3_stmt* insert;
  check(sqlite3_prepare_v2(db, "INSERT INTO part(kind, name, amount) VALUES(?, ?, ?)", -1, &insert, NULL) ==
        SQLITE_OK);
  for (unsigned n = 0; n < rows; ++n) {
    char name[32];
    const int length = snprintf(name, sizeof name, "part %u of %u", (unsigned)(next_random(&seed) % 500), n);
    sqlite3_bind_int(insert, 1, (int)(next_random(&seed) % 40));
    sqlite3_bind_text(insert, 2, name, length, SQLITE_TRANSIENT);
    sqlite3_bind_int(insert, 3, (int)(next_random(&seed) % 1000));
    check(sqlite3_step(insert) == SQLITE_DONE);
    sqlite3_reset(insert);
  }
  sqlite3_finalize(insert);
  run(db,
      "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 39)"
      "INSERT INTO kind SELECT i, 'kind ' || i FROM n;"
      "CREATE INDEX part_kind ON part(kind, amount); COMMIT;");
}

// All columns of all rows.
static uint32_t ask(sqlite3* db, const char* sql, uint32_t sum) {
  sqlite3_stmt* query;
  check(sqlite3_prepare_v2(db, sql, -1, &query, NULL) == SQLITE_OK);
  int status;
  while ((status = sqlite3_step(query)) == SQLITE_ROW) {
    for (int column = 0; column < sqlite3_column_count(query); ++column) {
      for (const unsigned char* c = sqlite3_column_text(query, column); c && *c; ++c)
        sum = (sum ^ *c) * 0x01000193u;
    }
  }
  check(status == SQLITE_DONE);
  sqlite3_finalize(query);
  return fold(sum, 0);
}

int main(int argc, char** argv) {
  uint32_t sum = 0;
  check(sqlite3_initialize() == SQLITE_OK);
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, 1, NULL);  // asks nobody for random numbers
  for (unsigned round = 0; round < rounds_wanted(argc, argv); ++round) {
    sqlite3* db;
    check(sqlite3_open(":memory:", &db) == SQLITE_OK);
    fill(db, round);
    sum = ask(
        db,
        "SELECT kind.name, count(*), sum(amount), max(part.name) FROM part JOIN kind ON kind.id = part.kind "
        "GROUP BY kind.id ORDER BY 3 DESC",
        sum);
    sum = ask(db, "SELECT id, name FROM part WHERE name LIKE '%7%' ORDER BY name LIMIT 50", sum);
    run(db, "UPDATE part SET amount = amount + id WHERE kind < 20; DELETE FROM part WHERE amount % 3 = 0");
    sum = ask(db, "SELECT count(*), sum(amount), min(name) FROM part", sum);
    sqlite3_close(db);
  }
  return finish(sum);
}
