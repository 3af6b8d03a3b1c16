#pragma once

#include <stddef.h>

/// A file of the dashboard's web page, as it lies in the folder `files`.
struct dashboard_page_file {
    const char *name;
    const unsigned char *bytes;
    size_t length;
};

size_t dashboard_page_count(void);

/// `index` is below `dashboard_page_count()`.
struct dashboard_page_file dashboard_page_file(size_t index);
