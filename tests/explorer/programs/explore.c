/* Explores airs' own sources: every program, or those named; and, for every labelled edge, whether some program fails without it.
 *
 *   explore [--deep] [PROGRAM...]   every execution of each
 *   explore --edges [SOURCES]       the table of edges; SOURCES is the folder src/, to find those that nothing reaches
 *   explore --weaken FILE:LINE PROGRAM...   with that operation relaxed */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "explorer/programs/programs.h"

int programs_depth;

static const explorer_program *const programs[] = {
#define PROGRAM_ADDRESS(program) &program_##program,
    PROGRAMS(PROGRAM_ADDRESS)};
#define COUNT (sizeof programs / sizeof programs[0])

static explorer_result result;
static bool wanted[COUNT];

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool explore(const explorer_program *program) {
    double began = seconds();
    explorer_run(program, 0, &result);
    printf("%-40s %9zu executions %9zu blocked %8.2f s  %s\n", program->name, (size_t)result.executions, (size_t)result.blocked,
           seconds() - began, explorer_verdict_name(result.verdict));
    if (result.verdict != EXPLORER_CORRECT) {
        printf("%s\n", result.report);
    }
    fflush(stdout);
    return result.verdict == EXPLORER_CORRECT;
}

static int explore_all(void) {
    int failed = 0;
    for (size_t i = 0; i < COUNT; i++) {
        if (wanted[i] && !explore(programs[i])) {
            failed++;
        }
    }
    return failed;
}

/* ---- edges ---- */

#define PLACES 512

static uint64_t uses[PLACES][COUNT];
static uint64_t executions[COUNT];

/* Places that no program shows to be needed, and why they stay as they are. */
static const struct {
    const char *label, *function, *why;
} kept[] = {
    {"E2", "airsi_mailbox_set_waiter", "the flag says all; there is one 16-byte instruction, whatever its order"},
    {"E2", "airsi_mailbox_give_back", "room says all; likewise"},
    {"E22", "airsi_system_note_quiet", "a look every 20 ms stands behind it"},
    {"E32", "airsi_ring_push", "keeps a load before the store of who saw it taken: load buffering, which the model leaves out"},
    {"E33", "airsi_ring_take", "likewise"},
    {"E39", "spare_place", "the join that follows orders it; it says only that joining won't wait"},
    {"E39", "thread_main", "likewise"},
    {"E52", "count_closed", "its store is E7's"},
};

static const char *why_kept(const explorer_place *place) {
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        if (strcmp(kept[i].label, place->label) == 0 && strcmp(kept[i].function, place->function) == 0) {
            return kept[i].why;
        }
    }
    return NULL;
}

static bool run_as_written(void) {
    bool correct = true;
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t p = 0; p < explorer_place_count(); p++) {
            explorer_place_at(p)->uses = 0;
        }
        correct = explore(programs[i]) && correct;
        executions[i] = result.executions + result.blocked;
        for (size_t p = 0; p < explorer_place_count(); p++) {
            uses[p][i] = explorer_place_at(p)->uses;
        }
    }
    return correct;
}

/* The program, of those that use the place and not tried yet, with the fewest executions. COUNT: none. */
static size_t next_program(size_t place, const bool *tried) {
    size_t best = COUNT;
    for (size_t i = 0; i < COUNT; i++) {
        if (!tried[i] && uses[place][i] > 0 && (best == COUNT || executions[i] < executions[best])) {
            best = i;
        }
    }
    return best;
}

/* The first program that fails with the place weakened; NULL: none does. */
static const explorer_program *who_finds(size_t place, explorer_weakening weakening) {
    bool tried[COUNT] = {false};
    size_t i;
    explorer_place_at(place)->weakening = weakening;
    const explorer_program *found = NULL;
    while (found == NULL && (i = next_program(place, tried)) != COUNT) {
        tried[i] = true;
        explorer_run(programs[i], 0, &result);
        /* A loop that sees nothing new without end is the model's; hardware shows it something new in the end. */
        found = result.verdict != EXPLORER_CORRECT && result.verdict != EXPLORER_ENDLESS ? programs[i] : NULL;
    }
    explorer_place_at(place)->weakening = EXPLORER_AS_WRITTEN;
    return found;
}

static bool show_place(size_t place, explorer_weakening weakening) {
    const explorer_place *at = explorer_place_at(place);
    const explorer_program *found = who_finds(place, weakening);
    const char *why = why_kept(at);
    char where[192];
    snprintf(where, sizeof where, "%s:%d", at->file, at->line);
    printf("%-5s %-38s %-28s %-8s ", at->label, where, at->function, weakening == EXPLORER_RELAXED ? "relaxed" : "acq_rel");
    if (found != NULL) {
        printf("%s in %s\n", explorer_verdict_name(result.verdict), found->name);
    } else {
        printf("not needed%s%s\n", why != NULL ? ": " : "", why != NULL ? why : "");
    }
    fflush(stdout);
    return found != NULL;
}

static int compare_places(const void *a, const void *b) {
    const explorer_place *x = explorer_place_at(*(const size_t *)a);
    const explorer_place *y = explorer_place_at(*(const size_t *)b);
    int labels = atoi(x->label + (x->label[0] != '\0')) - atoi(y->label + (y->label[0] != '\0'));
    int files = strcmp(x->file, y->file);
    return labels != 0 ? labels : files != 0 ? files : x->line - y->line;
}

/* Every edge must be needed in one place at least; how many are not. */
static int show_edges(void) {
    size_t order[PLACES];
    size_t count = explorer_place_count();
    int unneeded = 0;
    for (size_t i = 0; i < count; i++) {
        order[i] = i;
    }
    qsort(order, count, sizeof order[0], compare_places);
    for (size_t i = 0; i < count; i++) {
        const explorer_place *at = explorer_place_at(order[i]);
        if (strncmp(at->file, "src/", 4) != 0) {
            continue;
        }
        bool needed = show_place(order[i], EXPLORER_RELAXED);
        if (needed && at->seq_cst) {
            needed = show_place(order[i], EXPLORER_NOT_SEQ_CST);
        }
        unneeded += !needed && at->label[0] != '\0' && why_kept(at) == NULL;
    }
    return unneeded;
}

/* ---- labels in the sources that no program reached ---- */

static int unreached;

/* Or said above to need none. */
static bool is_reached(const char *label) {
    for (size_t i = 0; i < explorer_place_count(); i++) {
        if (strcmp(explorer_place_at(i)->label, label) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        if (strcmp(kept[i].label, label) == 0) {
            return true;
        }
    }
    return false;
}

static int look_for_labels(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status;
    (void)walk;
    FILE *source = type == FTW_F ? fopen(path, "r") : NULL;
    char text[512];
    char label[8];
    while (source != NULL && fgets(text, sizeof text, source) != NULL) {
        if (explorer_label_in(text, label, sizeof label) && !is_reached(label)) {
            printf("%-5s %s: no program reaches it\n", label, path);
            unreached++;
        }
    }
    if (source != NULL) {
        fclose(source);
    }
    return 0;
}

static int edges(const char *sources) {
    if (!run_as_written()) {
        return 1;
    }
    explorer_quiet(true);
    int unneeded = show_edges();
    if (sources != NULL) {
        nftw(sources, look_for_labels, 8, FTW_PHYS);
    }
    printf("%d labelled places that no program needs, %d labels that none reaches\n", unneeded, unreached);
    return unneeded > 0 || unreached > 0;
}

static bool weaken(const char *where) {
    char file[128];
    const char *colon = strrchr(where, ':');
    if (colon == NULL) {
        return false;
    }
    snprintf(file, sizeof file, "%.*s", (int)(colon - where), where);
    explorer_weaken(file, atoi(colon + 1), EXPLORER_RELAXED);
    return true;
}

/* A line was named with --weaken where these programs do nothing that could be weakened. */
static bool weakened_nothing(void) {
    for (size_t p = 0; p < explorer_place_count(); p++) {
        const explorer_place *place = explorer_place_at(p);
        if (place->weakening != EXPLORER_AS_WRITTEN && place->uses == 0) {
            fprintf(stderr, "explore: no atomic operation of these programs stands in %s:%d; --edges lists them\n", place->file,
                    place->line);
            return true;
        }
    }
    return false;
}

int main(int argc, char **argv) {
    bool any = false;
    for (int a = 1; a < argc; a++) {
        if (strcmp(argv[a], "--deep") == 0) {
            programs_depth = 1;
        } else if (strcmp(argv[a], "--edges") == 0) {
            return edges(a + 1 < argc ? argv[a + 1] : NULL);
        } else if (strcmp(argv[a], "--weaken") == 0 && a + 1 < argc && weaken(argv[a + 1])) {
            a++;
        } else {
            bool found = false;
            for (size_t i = 0; i < COUNT; i++) {
                wanted[i] = wanted[i] || strcmp(argv[a], programs[i]->name) == 0;
                found = found || wanted[i];
            }
            any = any || found;
            if (!found) {
                fprintf(stderr, "explore: no program and no option is called %s\n", argv[a]);
                return 2;
            }
        }
    }
    for (size_t i = 0; i < COUNT; i++) {
        wanted[i] = wanted[i] || !any;
    }
    int failed = explore_all();
    return weakened_nothing() ? 2 : failed > 0;
}
