#pragma once
#include <sqlite3.h>

// Variadic in SQLite, which Swift cannot call. Before any connection is opened.
static inline int sqlite_count_no_memory(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }
