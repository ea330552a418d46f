/* Put in front of every source that is explored (-include): the C library's names become the explorer's. The sources themselves stay as they are. */
#ifndef EXPLORER_INTERCEPT_H
#define EXPLORER_INTERCEPT_H

#define malloc explorer_malloc
#define calloc explorer_calloc
#define realloc explorer_realloc
#define aligned_alloc explorer_aligned_alloc
#define posix_memalign explorer_posix_memalign
#define free explorer_free
#define memcpy explorer_memcpy
#define memmove explorer_memmove
#define memset explorer_memset
#define pthread_mutex_init explorer_mutex_init
#define pthread_mutex_destroy explorer_mutex_destroy
#define pthread_mutex_lock explorer_mutex_lock
#define pthread_mutex_trylock explorer_mutex_trylock
#define pthread_mutex_unlock explorer_mutex_unlock
#define pthread_cond_init explorer_cond_init
#define pthread_cond_destroy explorer_cond_destroy
#define pthread_cond_wait explorer_cond_wait
#define pthread_cond_timedwait explorer_cond_timedwait
#define pthread_cond_signal explorer_cond_signal
#define pthread_cond_broadcast explorer_cond_broadcast
#define pthread_create explorer_thread_create
#define pthread_key_create explorer_key_create
#define pthread_key_delete explorer_key_delete
#define pthread_getspecific explorer_getspecific
#define pthread_setspecific explorer_setspecific
#define clock_gettime explorer_clock_gettime
#define sched_yield explorer_sched_yield
#define syscall explorer_syscall
#define getrandom explorer_getrandom
#define abort explorer_abort
#define __assert_fail explorer_assert_fail

void explorer_pause(void);
#define __builtin_ia32_pause() explorer_pause()

#endif
