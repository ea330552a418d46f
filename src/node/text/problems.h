/* What is wrong with what a user gave us: a list, since validate tells all of it. Bounded; what is over the bound is counted. */
#ifndef AIRSI_NODE_TEXT_PROBLEMS_H
#define AIRSI_NODE_TEXT_PROBLEMS_H

#include <stddef.h>
#include <stdio.h>

#include <airs/status.h>

#define AIRSI_PROBLEMS_MAX 100

/* {0} is a valid start. */
typedef struct airsi_problems {
    airs_error *items;
    size_t count;
    size_t left_out;
} airsi_problems;

void airsi_problems_fini(airsi_problems *problems);

/* Returns error's status. Without memory the problem is counted in left_out. */
airs_status airsi_problems_add(airsi_problems *problems, const airs_error *error);

/* A line each, "airs: " before it. */
void airsi_problems_print(const airsi_problems *problems, FILE *to);

/* The first one's; AIRS_OK when there is none. */
airs_status airsi_problems_status(const airsi_problems *problems);

#endif
