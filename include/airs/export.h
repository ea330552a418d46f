/* What every public header needs: the export mark. The shared library exports what is marked here and nothing else. */
#ifndef AIRS_EXPORT_H
#define AIRS_EXPORT_H

#if defined(__GNUC__)
#define AIRS_API __attribute__((visibility("default")))
#define AIRS_PRINTF(text_at, first_at) __attribute__((__format__(__printf__, text_at, first_at)))
#else
#define AIRS_API
#define AIRS_PRINTF(text_at, first_at)
#endif

#endif
