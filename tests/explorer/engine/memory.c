#define _GNU_SOURCE
#include "explorer/engine/engine.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "explorer/engine/heap.h"

/* ---- shadow: who touched which bytes last ---- */

#define GRAIN 8
#define GRAINS (1u << 14)
#define TOUCHES 14

typedef struct touch {
    uintptr_t pc;
    uint8_t bytes;  /* of the grain, one bit each */
    uint16_t epoch; /* events the thread had made */
    int8_t thread;
    bool write, atomic;
} touch;

typedef struct grain {
    uintptr_t address;
    uint32_t run; /* valid only in this one */
    unsigned touches;
    touch last[TOUCHES];
    location *locations[2];
} grain;

#define LOCATIONS 512
#define NAMES 64

typedef struct name {
    uintptr_t address;
    size_t size;
    const char *text;
} name;

static grain grains[GRAINS];
static uint32_t run;
static unsigned used_grains;
static location locations[LOCATIONS];
static unsigned location_count;
static name names[NAMES];
static unsigned name_count;
static uintptr_t pairs[NAMES];
static unsigned pair_count;
static struct {
    uintptr_t low, high;
} stacks[THREADS];

static uintptr_t thread_local_low, thread_local_high;

void memory_reset(void) {
    run++;
    used_grains = 0;
    location_count = 0;
    name_count = 0;
    pair_count = 0;
    heap_reset();
}

void memory_own_stack(unsigned index, uintptr_t low, uintptr_t high) {
    stacks[index].low = low;
    stacks[index].high = high;
}

void explorer_name(const volatile void *address, size_t size, const char *text) {
    if (name_count < NAMES) {
        names[name_count++] = (name){(uintptr_t)address, size, text};
    }
}

void explorer_pair(const volatile void *address) {
    if (pair_count < NAMES) {
        pairs[pair_count++] = (uintptr_t)address;
    }
}

static grain *grain_at(uintptr_t address) {
    address &= ~(uintptr_t)(GRAIN - 1);
    size_t at = (address / GRAIN * 0x9E3779B97F4A7C15u) >> 40;
    for (;; at++) {
        grain *g = &grains[at % GRAINS];
        if (g->run != run) {
            if (++used_grains > GRAINS * 3 / 4) {
                report(EXPLORER_ENDLESS, 0, "the program touches more memory than the shadow has room for");
            }
            g->address = address;
            g->run = run;
            g->touches = 0;
            g->locations[0] = g->locations[1] = NULL;
            return g;
        }
        if (g->address == address) {
            return g;
        }
    }
}

static bool ordered(const touch *t) {
    return t->thread == E.current || E.threads[E.current].happened.of[(int)t->thread] > t->epoch;
}

static void remember(grain *g, const touch *now) {
    for (unsigned i = 0; i < g->touches;) {
        touch *t = &g->last[i];
        /* What can't conflict without the new one conflicting too. */
        bool covered = (t->bytes & ~now->bytes) == 0 && (now->write || !t->write) && (!now->atomic || t->atomic) && ordered(t);
        if (covered) {
            *t = g->last[--g->touches];
        } else {
            i++;
        }
    }
    if (g->touches == TOUCHES) {
        report(EXPLORER_ENDLESS, now->pc, "more threads use one word than the shadow has room for");
    }
    g->last[g->touches++] = *now;
}

static void touch_grain(grain *g, const touch *now, uintptr_t address, bool freeing) {
    for (unsigned i = 0; i < g->touches; i++) {
        const touch *t = &g->last[i];
        if ((t->bytes & now->bytes) != 0 && (t->write || now->write) && !(t->atomic && now->atomic) && !ordered(t)) {
            char text[128];
            char where[256];
            memory_name(address, text, sizeof text);
            place_text(t->pc, where, sizeof where);
            report(freeing ? EXPLORER_FREED : EXPLORER_RACE, now->pc,
                   "%s%s of %s by thread %d is not ordered with the %s%s by thread %d at %s", now->atomic ? "atomic " : "",
                   freeing      ? "freeing"
                   : now->write ? "write"
                                : "read",
                   text, E.current, t->atomic ? "atomic " : "", t->write ? "write" : "read", t->thread, where);
        }
    }
    remember(g, now);
}

void memory_thread_local(uintptr_t low, uintptr_t high) {
    thread_local_low = low;
    thread_local_high = high;
}

static bool is_own(uintptr_t address) {
    return (address >= thread_local_low && address < thread_local_high) ||
           (address >= stacks[E.current].low && address < stacks[E.current].high);
}

static void touch_range(uintptr_t address, size_t size, touch now, bool freeing) {
    uintptr_t end = address + size;
    for (uintptr_t at = address & ~(uintptr_t)(GRAIN - 1); at < end; at += GRAIN) {
        unsigned low = at < address ? (unsigned)(address - at) : 0;
        unsigned high = at + GRAIN > end ? (unsigned)(end - at) : GRAIN;
        now.bytes = (uint8_t)(((1u << high) - 1) & ~((1u << low) - 1));
        touch_grain(grain_at(at), &now, at + low, freeing);
    }
}

static bool is_invented(uintptr_t address) {
    return address >> 63 != 0;
}

void memory_access(uintptr_t address, size_t size, bool write, bool atomic, uintptr_t pc) {
    if (E.current < 0 || is_own(address) || is_invented(address)) {
        return;
    }
    heap_check(address, size, write, pc);
    touch now = {.pc = pc, .epoch = (uint16_t)E.threads[E.current].done, .thread = (int8_t)E.current, .write = write, .atomic = atomic};
    touch_range(address, size, now, false);
}

void memory_freed(uintptr_t address, size_t size, uintptr_t pc) {
    if (E.current >= 0) {
        touch now = {.pc = pc, .epoch = (uint16_t)E.threads[E.current].done, .thread = (int8_t)E.current, .write = true};
        touch_range(address, size, now, true);
    }
}

/* ---- plain accesses, some of them to what atomics use too ---- */

static void plain_part(grain *g, uintptr_t address, size_t size, bool write, uintptr_t pc) {
    for (unsigned i = 0; i < 2; i++) {
        location *l = g->locations[i];
        if (l == NULL || l->address >= address + size || l->address + l->size <= address) {
            continue;
        }
        if (write) {
            unsigned bytes = l->size <= 8 ? l->size : 8;
            uintptr_t at = l->size <= 8 ? l->address : g->address;
            step a = {.address = at, .size = bytes, .pc = pc, .order = memory_order_relaxed, .plain = true};
            model_write(&a, 0, NULL);
        } else {
            wide value = model_value(l, l->writes[l->write_count - 1]);
            memcpy((void *)l->address, &value, l->size);
        }
    }
}

void memory_plain(uintptr_t address, size_t size, bool write, uintptr_t pc) {
    if (E.current < 0 || size == 0) {
        return;
    }
    model_settle();
    if (is_own(address)) {
        return;
    }
    memory_access(address, size, write, false, pc);
    for (uintptr_t at = address & ~(uintptr_t)(GRAIN - 1); at < address + size; at += GRAIN) {
        grain *g = grain_at(at);
        if (g->locations[0] != NULL) {
            plain_part(g, address, size, write, pc);
        }
    }
}

/* ---- locations ---- */

static location *new_location(uintptr_t address, unsigned size) {
    if (location_count == LOCATIONS) {
        report(EXPLORER_ENDLESS, 0, "more than %d atomics", LOCATIONS);
    }
    location *l = &locations[location_count++];
    l->address = address;
    l->size = size;
    l->initial = 0;
    if (!is_invented(address)) {
        memcpy(&l->initial, (const void *)address, size);
    }
    l->write_count = 1;
    l->writes[0] = (ref){INITIAL, 0};
    l->event_count = 0;
    for (uintptr_t at = address; at < address + size; at += GRAIN) {
        grain *g = grain_at(at);
        g->locations[g->locations[0] != NULL] = l;
    }
    return l;
}

location *memory_location(uintptr_t address, unsigned size) {
    for (unsigned i = 0; i < pair_count; i++) {
        if (address >= pairs[i] && address < pairs[i] + 16) {
            address = pairs[i];
            size = 16;
        }
    }
    grain *g = grain_at(address);
    for (unsigned i = 0; i < 2; i++) {
        location *l = g->locations[i];
        if (l != NULL && l->address == address) {
            if (l->size < size) {
                report(EXPLORER_CHECK, 0, "16 bytes change together but were not declared: explorer_pair");
            }
            return l;
        }
    }
    return new_location(address, size);
}

void memory_flush(void) {
    for (unsigned i = 0; i < location_count; i++) {
        const location *l = &locations[i];
        wide value = model_value(l, l->writes[l->write_count - 1]);
        if (!is_invented(l->address) && !heap_is_freed(l->address)) {
            memcpy((void *)l->address, &value, l->size);
        }
    }
}

/* ---- names ---- */

const char *memory_name(uintptr_t address, char *buffer, size_t size) {
    if (is_invented(address)) {
        char inner[96];
        snprintf(buffer, size, "queue of %s", memory_name(address & ~(UINT64_C(1) << 63), inner, sizeof inner));
        return buffer;
    }
    for (unsigned i = 0; i < name_count; i++) {
        if (address >= names[i].address && address < names[i].address + names[i].size) {
            size_t offset = address - names[i].address;
            snprintf(buffer, size, offset != 0 ? "%s+%zu" : "%s", names[i].text, offset);
            return buffer;
        }
    }
    if (heap_name(address, buffer, size)) {
        return buffer;
    }
    Dl_info info;
    if (dladdr((const void *)address, &info) != 0 && info.dli_sname != NULL) {
        size_t offset = address - (uintptr_t)info.dli_saddr;
        snprintf(buffer, size, offset != 0 ? "%s+%zu" : "%s", info.dli_sname, offset);
    } else {
        snprintf(buffer, size, "%#zx", (size_t)address);
    }
    return buffer;
}
