/* The version of the headers, and of the library that is running. */
#ifndef AIRS_VERSION_H
#define AIRS_VERSION_H

#include <airs/export.h>

#define AIRS_VERSION_MAJOR 0
#define AIRS_VERSION_MINOR 1
#define AIRS_VERSION_PATCH 0
#define AIRS_VERSION "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the library, "MAJOR.MINOR.PATCH"; a static string. */
AIRS_API const char *airs_version(void);

#ifdef __cplusplus
}
#endif

#endif
