#define _GNU_SOURCE
#include "explorer/engine/engine.h"

#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SITES 1024 /* return addresses */
#define PLACES 512 /* lines */

typedef struct site {
    uintptr_t pc;
    explorer_place *place;
} site;

static site sites[SITES];
static explorer_place places[PLACES];
static size_t place_count;

/* ---- return address to line ---- */

static uintptr_t load_address;

static int find_load_address(struct dl_phdr_info *info, size_t size, void *user) {
    (void)size;
    (void)user;
    load_address = info->dlpi_addr;
    return 1;
}

typedef struct line {
    char function[64], file[256];
    int number;
} line;

/* The outermost of what was inlined there that is not in base/atomic.h. */
static bool read_line(FILE *from, line *ret) {
    line l;
    char text[512];
    bool found = false;
    while (!found && fscanf(from, "%63[^\n] ", l.function) == 1 && fgets(text, sizeof text, from) != NULL) {
        char *colon = strrchr(text, ':');
        if (colon == NULL) {
            return false;
        }
        l.number = atoi(colon + 1);
        *colon = '\0';
        snprintf(l.file, sizeof l.file, "%.255s", text);
        found = strstr(text, "base/atomic.h") == NULL;
        *ret = l;
    }
    return found;
}

static bool find_line(uintptr_t pc, line *ret) {
    if (load_address == 0) {
        dl_iterate_phdr(find_load_address, NULL);
    }
    char command[320];
    char self[256] = "";
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) {
        return false;
    }
    /* One byte back: in the call, not behind it. */
    snprintf(command, sizeof command, "addr2line -i -f -e %s %#zx", self, (size_t)(pc - 1 - load_address));
    FILE *from = popen(command, "r");
    bool found = from != NULL && read_line(from, ret);
    if (from != NULL) {
        pclose(from);
    }
    return found;
}

/* `file` from the last src/ or tests/ on. */
static const char *short_file(const char *file) {
    const char *from = file;
    for (const char *at = file; (at = strchr(at, '/')) != NULL; at++) {
        if (strncmp(at, "/src/", 5) == 0 || strncmp(at, "/tests/", 7) == 0) {
            from = at + 1;
        }
    }
    return from;
}

const char *place_text(uintptr_t pc, char *buffer, size_t size) {
    line l;
    if (pc != 0 && find_line(pc, &l)) {
        snprintf(buffer, size, "%s:%d (%s)", short_file(l.file), l.number, l.function);
    } else {
        snprintf(buffer, size, "?");
    }
    return buffer;
}

/* ---- line to edge ---- */

#define LOOK_BACK 8

/* The label with which a comment begins, or which it names first. */
bool explorer_label_in(const char *text, char *ret, size_t size) {
    for (const char *at = strstr(text, "/* E"); at != NULL; at = strstr(at + 1, "/* E")) {
        size_t digits = strspn(at + 4, "0123456789");
        if (digits > 0 && at[4] != '0') {
            snprintf(ret, size, "E%.*s", (int)digits, at + 4);
            return true;
        }
    }
    return false;
}

/* The comment stands on the line of the operation or above its statement; the nearest one counts. */
static void find_label(const char *file, int number, char *ret, size_t size) {
    FILE *source = fopen(file, "r");
    char recent[LOOK_BACK][512];
    int at = 0;
    *ret = '\0';
    if (source == NULL) {
        return;
    }
    while (at < number && fgets(recent[at % LOOK_BACK], sizeof recent[0], source) != NULL) {
        at++;
    }
    fclose(source);
    for (int back = 0; back < LOOK_BACK && back < at; back++) {
        const char *text = recent[(at - 1 - back) % LOOK_BACK];
        if (explorer_label_in(text, ret, size) || (back > 0 && text[0] == '}')) {
            return;
        }
    }
}

/* ---- places ---- */

static explorer_place *place_of(const line *l) {
    const char *file = short_file(l->file);
    for (size_t i = 0; i < place_count; i++) {
        if (places[i].line == l->number && strcmp(places[i].file, file) == 0) {
            return &places[i];
        }
    }
    if (place_count == PLACES) {
        abort();
    }
    explorer_place *place = &places[place_count++];
    snprintf(place->file, sizeof place->file, "%s", file);
    snprintf(place->function, sizeof place->function, "%s", l->function);
    place->line = l->number;
    find_label(l->file, l->number, place->label, sizeof place->label);
    return place;
}

static site *site_at(uintptr_t pc) {
    size_t at = (pc * 0x9E3779B97F4A7C15u) >> 48;
    for (unsigned i = 0; i < SITES; i++, at++) {
        site *s = &sites[at % SITES];
        if (s->pc == 0) {
            line l = {.number = 0};
            s->pc = pc;
            find_line(pc, &l);
            s->place = place_of(&l);
        }
        if (s->pc == pc) {
            return s;
        }
    }
    abort();
}

uint8_t place_order(uintptr_t pc, uint8_t order) {
    if (order == memory_order_relaxed) {
        return order;
    }
    explorer_place *place = site_at(pc)->place;
    place->uses++;
    if (order == memory_order_seq_cst) {
        place->seq_cst = true;
    }
    switch (place->weakening) {
    case EXPLORER_AS_WRITTEN:
        return order;
    case EXPLORER_NOT_SEQ_CST:
        return order == memory_order_seq_cst ? memory_order_acq_rel : order;
    case EXPLORER_RELAXED:
        return memory_order_relaxed;
    }
    return order;
}

size_t explorer_place_count(void) {
    return place_count;
}

explorer_place *explorer_place_at(size_t index) {
    return &places[index];
}

void explorer_weaken(const char *file, int number, explorer_weakening weakening) {
    line l = {.number = number};
    snprintf(l.file, sizeof l.file, "%s", file);
    place_of(&l)->weakening = weakening;
}
