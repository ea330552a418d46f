/* The end of a run in numbers: where every message went. */
#ifndef AIRSI_NODE_HOST_SUMMARY_H
#define AIRSI_NODE_HOST_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <airs/stats.h>
#include <airs/system.h>

/* Lines that went in; only pipe has them. */
typedef struct airsi_summary_lines {
    uint64_t read, bytes, failed;
    double seconds;
} airsi_summary_lines;

typedef struct airsi_summary {
    airs_balance balance;
    airs_routing_stats stats;
    uint64_t peak_memory;             /* bytes */
    const airsi_summary_lines *lines; /* NULL: none */
} airsi_summary;

/* After the system has stopped: then the balance is exact. */
void airsi_summary_take(airsi_summary *summary, airs_system *system, const airsi_summary_lines *lines);

/* One line with the balance; before it, when there are lines, one with the rates. JSON: one object in one line. */
void airsi_summary_print(const airsi_summary *summary, FILE *to, bool json);

#endif
