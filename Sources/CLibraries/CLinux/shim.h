// What glibc's Swift module leaves out.
#pragma once
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/prctl.h>

// prctl is variadic, which Swift does not import.
static inline void linux_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
