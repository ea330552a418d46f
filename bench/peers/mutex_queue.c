/* The queue one would write first: a list, a mutex, two condition variables; a thread for each side. See README.md for the workloads.
 *
 *   mutex-queue CASE WORKERS     prints one JSON line; WORKERS 1: all threads on one CPU, 2: one CPU each */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PAYLOAD = 64, WORDS = PAYLOAD / 8, BOUND = 1024, WINDOW = 1000 };
#define ENOUGH_NS UINT64_C(300000000)

typedef struct payload {
    uint64_t words[WORDS];
} payload;

typedef struct node {
    struct node *next;
    struct queue *reply_to; /* of a request */
    payload payload;
} node;

typedef struct queue {
    pthread_mutex_t mutex;
    pthread_cond_t not_empty, not_full;
    node *head, *tail;
    unsigned count, takers_waiting, givers_waiting;
} queue;

static void die(const char *what) {
    fprintf(stderr, "mutex-queue: %s\n", what);
    exit(70);
}

static void queue_init(queue *queue) {
    memset(queue, 0, sizeof *queue);
    pthread_mutex_init(&queue->mutex, NULL);
    pthread_cond_init(&queue->not_empty, NULL);
    pthread_cond_init(&queue->not_full, NULL);
}

static void queue_fini(queue *queue) {
    pthread_mutex_destroy(&queue->mutex);
    pthread_cond_destroy(&queue->not_empty);
    pthread_cond_destroy(&queue->not_full);
}

static void push(queue *queue, const payload *payload, struct queue *reply_to) {
    node *n = malloc(sizeof *n);
    if (n == NULL) {
        die("out of memory");
    }
    n->next = NULL;
    n->reply_to = reply_to;
    n->payload = *payload;
    pthread_mutex_lock(&queue->mutex);
    while (queue->count == BOUND) {
        queue->givers_waiting++;
        pthread_cond_wait(&queue->not_full, &queue->mutex);
        queue->givers_waiting--;
    }
    if (queue->head == NULL) {
        queue->head = n;
    } else {
        queue->tail->next = n;
    }
    queue->tail = n;
    queue->count++;
    bool wake = queue->takers_waiting > 0;
    pthread_mutex_unlock(&queue->mutex);
    if (wake) {
        pthread_cond_signal(&queue->not_empty);
    }
}

/* The caller frees it. */
static node *pop(queue *queue) {
    pthread_mutex_lock(&queue->mutex);
    while (queue->count == 0) {
        queue->takers_waiting++;
        pthread_cond_wait(&queue->not_empty, &queue->mutex);
        queue->takers_waiting--;
    }
    node *n = queue->head;
    queue->head = n->next;
    queue->count--;
    bool wake = queue->givers_waiting > 0 && queue->count <= BOUND / 2;
    pthread_mutex_unlock(&queue->mutex);
    if (wake) {
        pthread_cond_signal(&queue->not_full);
    }
    return n;
}

/* What each side knows. */
typedef struct side {
    queue *in, *out;
    uint64_t n;
    uint64_t messages, sum; /* taken, and all their words */
} side;

static void fill(payload *payload, uint64_t number) {
    for (int i = 0; i < WORDS; i++) {
        payload->words[i] = number + (uint64_t)i;
    }
}

static node *take(side *side) {
    node *n = pop(side->in);
    side->messages++;
    for (int i = 0; i < WORDS; i++) {
        side->sum += n->payload.words[i];
    }
    return n;
}

static void *route(void *argument) {
    side *side = argument;
    payload p;
    for (uint64_t i = 0; i < side->n; i++) {
        fill(&p, i);
        push(side->in, &p, NULL);
        free(take(side));
    }
    return NULL;
}

/* After each window the receiver says that it has taken all of it. */
static bool ends_window(const side *side, uint64_t i) {
    return (i + 1) % WINDOW == 0 && i + 1 < side->n;
}

static void *send_all(void *argument) {
    side *side = argument;
    payload p;
    for (uint64_t i = 0; i < side->n; i++) {
        fill(&p, i);
        push(side->out, &p, NULL);
        if (ends_window(side, i)) {
            free(pop(side->in));
        }
    }
    return NULL;
}

static void *drain(void *argument) {
    side *side = argument;
    payload p = {0};
    for (uint64_t i = 0; i < side->n; i++) {
        free(take(side));
        if (ends_window(side, i)) {
            push(side->out, &p, NULL);
        }
    }
    return NULL;
}

/* The ball carries the number of the hit: ping sends the even ones, pong the odd ones. */
static void *ping(void *argument) {
    side *side = argument;
    payload p;
    for (uint64_t i = 0; i < side->n; i += 2) {
        fill(&p, i);
        push(side->out, &p, NULL);
        free(take(side));
    }
    return NULL;
}

static void *pong(void *argument) {
    side *side = argument;
    payload p;
    for (uint64_t i = 1; i < side->n; i += 2) {
        free(take(side));
        fill(&p, i);
        push(side->out, &p, NULL);
    }
    return NULL;
}

static void *ask(void *argument) {
    side *side = argument;
    payload p;
    for (uint64_t i = 0; i < side->n; i++) {
        fill(&p, i);
        push(side->out, &p, side->in);
        free(take(side));
    }
    return NULL;
}

static void *answer(void *argument) {
    side *side = argument;
    for (uint64_t i = 0; i < side->n; i++) {
        node *request = take(side);
        push(request->reply_to, &request->payload, NULL);
        free(request);
    }
    return NULL;
}

typedef struct workload {
    const char *name;
    void *(*first)(void *);
    void *(*second)(void *); /* NULL: the first does it alone */
    unsigned messages_each;  /* messages taken per operation, by both together */
} workload;

static const workload workloads[] = {
    {"route", route, NULL, 1},
    {"send-drain", send_all, drain, 1},
    {"ping-pong", ping, pong, 1},
    {"request", ask, answer, 2},
};

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* The index-th CPU this process may use; the last one if there are fewer. */
static void start_on_cpu(pthread_t *thread, unsigned index, void *(*function)(void *), side *side) {
    cpu_set_t allowed, one;
    pthread_attr_t attributes;
    sched_getaffinity(0, sizeof allowed, &allowed);
    CPU_ZERO(&one);
    for (int cpu = 0, seen = 0; cpu < CPU_SETSIZE && seen <= (int)index; cpu++) {
        if (CPU_ISSET(cpu, &allowed)) {
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            seen++;
        }
    }
    pthread_attr_init(&attributes);
    pthread_attr_setaffinity_np(&attributes, sizeof one, &one);
    if (pthread_create(thread, &attributes, function, side) != 0) {
        die("a thread could not be made");
    }
    pthread_attr_destroy(&attributes);
}

static uint64_t run(const workload *workload, unsigned workers, uint64_t n) {
    queue there, back;
    queue_init(&there);
    queue_init(&back);
    side first = {.in = &back, .out = &there, .n = n};
    side second = {.in = &there, .out = &back, .n = n};
    pthread_t threads[2];
    uint64_t began = now_ns();
    start_on_cpu(&threads[0], 0, workload->first, &first);
    if (workload->second != NULL) {
        start_on_cpu(&threads[1], workers - 1, workload->second, &second);
        pthread_join(threads[1], NULL);
    }
    pthread_join(threads[0], NULL);
    uint64_t took = now_ns() - began;
    uint64_t expected = (n * (n - 1) / 2 * WORDS + n * WORDS * (WORDS - 1) / 2) * workload->messages_each;
    if (first.messages + second.messages != n * workload->messages_each || first.sum + second.sum != expected) {
        die("messages are missing");
    }
    queue_fini(&there);
    queue_fini(&back);
    return took;
}

int main(int argc, char **argv) {
    const workload *chosen = NULL;
    for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
        if (argc == 3 && strcmp(argv[1], workloads[i].name) == 0) {
            chosen = &workloads[i];
        }
    }
    unsigned workers = argc == 3 ? (unsigned)atoi(argv[2]) : 0;
    if (chosen == NULL || workers < 1 || workers > 2) {
        fprintf(stderr, "usage: mutex-queue route|send-drain|ping-pong|request 1|2\n");
        return 64;
    }
    uint64_t n = 1000, took = run(chosen, workers, n);
    while (took < ENOUGH_NS) {
        n *= 2;
        took = run(chosen, workers, n);
    }
    double ns = (double)took / (double)n;
    printf("{\"case\":\"%s\",\"peer\":\"mutex-queue\",\"n\":%llu,\"workers\":%u,\"payload\":%d,\"ns_per_op\":%.1f,\"ops_per_s\":%.0f}\n",
           chosen->name, (unsigned long long)n, workers, PAYLOAD, ns, 1e9 / ns);
    return 0;
}
