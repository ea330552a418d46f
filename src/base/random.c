#include "base/random.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/types.h>

int airsi_random_bytes(void *bytes, size_t length) {
    char *at = bytes;
    while (length > 0) {
        ssize_t got = getrandom(at, length, 0);
        if (got < 0) {
            if (errno == EINTR) {
                continue;
            }
            return -1;
        }
        at += got;
        length -= (size_t)got;
    }
    return 0;
}
