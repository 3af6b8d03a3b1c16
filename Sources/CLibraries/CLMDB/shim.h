#pragma once
#include <fcntl.h>
#include <lmdb.h>

// Linux's own call. glibc declares it only beside its other extensions, which Swift's Glibc module leaves out.
extern int fallocate(int descriptor, int mode, off_t offset, off_t length);

/// Reserves blocks of the disk for the first `length` bytes of a file without changing what it holds; -1 and `errno` if
/// it cannot be done.
static inline int sambal_reserve_blocks(int descriptor, off_t length) { return fallocate(descriptor, 0, 0, length); }
