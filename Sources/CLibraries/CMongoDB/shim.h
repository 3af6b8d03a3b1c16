#pragma once
#include <mongoc/mongoc.h>

/* Without its function type, which is deprecated. */
static inline void mongoc_be_silent(void) { mongoc_log_set_handler(NULL, NULL); }

/* Their alignment is more than Swift's types may have: it sees them as pointers only. */
static inline size_t bson_t_size(void) { return sizeof(bson_t); }
static inline size_t bson_iter_t_size(void) { return sizeof(bson_iter_t); }
static inline size_t bson_alignment(void) { return 128; }
