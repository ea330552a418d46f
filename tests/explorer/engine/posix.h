/* What programs under the explorer call instead of the C library; intercept.h gives these their names. */
#ifndef EXPLORER_POSIX_H
#define EXPLORER_POSIX_H

#include <pthread.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

void *explorer_malloc(size_t size);
void *explorer_calloc(size_t count, size_t size);
void *explorer_realloc(void *old, size_t size);
void *explorer_aligned_alloc(size_t alignment, size_t size);
int explorer_posix_memalign(void **ret, size_t alignment, size_t size);
void explorer_free(void *block);
void *explorer_memcpy(void *to, const void *from, size_t size);
void *explorer_memmove(void *to, const void *from, size_t size);
void *explorer_memset(void *to, int byte, size_t size);

int explorer_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes);
int explorer_mutex_destroy(pthread_mutex_t *mutex);
int explorer_mutex_lock(pthread_mutex_t *mutex);
int explorer_mutex_trylock(pthread_mutex_t *mutex);
int explorer_mutex_unlock(pthread_mutex_t *mutex);
int explorer_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes);
int explorer_cond_destroy(pthread_cond_t *condition);
int explorer_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex);
int explorer_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until);
int explorer_cond_signal(pthread_cond_t *condition);
int explorer_cond_broadcast(pthread_cond_t *condition);
int explorer_thread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);
int explorer_key_create(pthread_key_t *key, void (*destructor)(void *));
int explorer_key_delete(pthread_key_t key);
void *explorer_getspecific(pthread_key_t key);
int explorer_setspecific(pthread_key_t key, const void *value);
int explorer_clock_gettime(clockid_t clock, struct timespec *ret);
int explorer_sched_yield(void);
void explorer_pause(void);
long explorer_syscall(long number, ...);
/* Always the same bytes. */
ssize_t explorer_getrandom(void *bytes, size_t length, unsigned flags);
_Noreturn void explorer_abort(void);
_Noreturn void explorer_assert_fail(const char *what, const char *file, unsigned line, const char *function);

#endif
