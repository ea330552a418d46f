#include "explorer/engine/engine.h"

#include <assert.h>
#include <string.h>

static ref unsettled = {INITIAL, 0};

static bool at_least_acquire(uint8_t order) {
    return order == memory_order_acquire || order == memory_order_acq_rel || order == memory_order_seq_cst || order == memory_order_consume;
}

static bool at_least_release(uint8_t order) {
    return order == memory_order_release || order == memory_order_acq_rel || order == memory_order_seq_cst;
}

static void join(extent *into, const extent *from) {
    for (unsigned t = 0; t < THREADS; t++) {
        if (from->of[t] > into->of[t]) {
            into->of[t] = from->of[t];
        }
    }
}

static bool within(ref r, const extent *c) {
    return r.thread == INITIAL || r.index < c->of[(int)r.thread];
}

unsigned write_position(ref write) {
    return write.thread == INITIAL ? 0 : detail_at(write)->position;
}

void model_settle(void) {
    if (unsettled.thread != INITIAL) {
        detail *d = detail_at(unsettled);
        memcpy(&d->value, (const void *)d->location->address, d->location->size);
        d->unsettled = false;
        unsettled.thread = INITIAL;
    }
}

wide model_value(const location *l, ref write) {
    return write.thread == INITIAL ? l->initial : detail_at(write)->value;
}

static wide part_of(wide whole, unsigned offset, unsigned size) {
    wide part = whole >> (offset * 8);
    return size == sizeof part ? part : part & (((wide)1 << (size * 8)) - 1);
}

static wide with_part(wide whole, unsigned offset, unsigned size, wide part) {
    wide mask = size == sizeof part ? ~(wide)0 : ((wide)1 << (size * 8)) - 1;
    return (whole & ~(mask << (offset * 8))) | ((part & mask) << (offset * 8));
}

/* Coherence: what the running thread has read, written or got to know is not undone. The position of the oldest write it may read. Reads of different
 * halves of a pair don't bind each other: a compiler or a processor may exchange them. */
static unsigned oldest_readable(const location *l, unsigned offset, unsigned size) {
    const extent *happened = &E.threads[E.current].happened;
    unsigned least = 0;
    for (unsigned i = 0; i < l->event_count; i++) {
        ref r = l->events[i];
        const detail *d = detail_at(r);
        bool apart = event_at(r)->kind == READ && (d->offset >= offset + size || offset >= d->offset + d->size);
        if (r.index < happened->of[(int)r.thread] && !apart) {
            unsigned position = write_position(event_at(r)->kind == WRITE ? r : event_at(r)->from);
            least = position > least ? position : least;
        }
    }
    return least;
}

/* The running thread's next event, from now on a part of the execution. */
static detail *add_event(const step *a, event_kind kind, bool old, ref me) {
    thread *t = &E.threads[E.current];
    event *e = event_at(me);
    if (!old) {
        *e = (event){.address = a->address, .stamp = E.next_stamp++, .kind = (uint8_t)kind};
        E.length[E.current] = me.index + 1u;
    } else if (e->kind != (uint8_t)kind || e->address != a->address) {
        report(EXPLORER_CHECK, a->pc, "the program did something else the second time: it depends on more than what it reads");
    }
    t->done++;
    t->halfway = false;
    t->happened.of[E.current] = (uint16_t)t->done;
    t->prefix.of[E.current] = (uint16_t)t->done;
    detail *d = detail_at(me);
    *d = (detail){.happened = t->happened,
                  .prefix = t->prefix,
                  .pc = a->pc,
                  .order = a->order,
                  .size = (uint8_t)a->size,
                  .wanted = a->wanted,
                  .argument = a->argument,
                  .compares = a->compares,
                  .failure = a->failure,
                  .moment = E.moment++};
    E.sequential += kind != CHOICE && a->order == memory_order_seq_cst;
    return d;
}

static void note_at_location(location *l, ref me) {
    if (l->event_count == LOCATION_EVENTS) {
        report(EXPLORER_ENDLESS, detail_at(me)->pc, "more than %u accesses to one location", LOCATION_EVENTS);
    }
    l->events[l->event_count++] = me;
}

/* ---- reads ---- */

static uint8_t read_order(const detail *d) {
    return d->compares && part_of(d->value, d->offset, d->size) != d->argument ? d->failure : d->order;
}

/* Completes a read, its source known. */
static void read_from(ref me, ref from) {
    thread *t = &E.threads[E.current];
    detail *d = detail_at(me);
    event_at(me)->from = from;
    d->value = model_value(d->location, from);
    d->happened = t->happened;
    d->prefix = t->prefix;
    if (from.thread != INITIAL) {
        join(&d->prefix, &detail_at(from)->prefix);
        if (at_least_acquire(read_order(d))) {
            join(&d->happened, &detail_at(from)->released);
        }
    }
}

static bool satisfied(const detail *d, wide value) {
    return d->wanted == NULL || d->wanted(part_of(value, d->offset, d->size), d->argument);
}

static bool consistent_now(const detail *d) {
    return d->order != memory_order_seq_cst || E.sequential < 2 || psc_consistent();
}

/* Another execution in which `me` reads from `from` is explored later. */
static void push_reading(ref me, ref from) {
    extent keep;
    for (unsigned t = 0; t < THREADS; t++) {
        keep.of[t] = (uint16_t)E.length[t];
    }
    saved *graph = graph_save(&keep);
    graph_saved_event(graph, me)->from = from;
    graph_push(graph);
}

/* Every write the read may read from makes an execution; this one goes on with the newest. */
static void choose_source(ref me, unsigned least) {
    detail *d = detail_at(me);
    const location *l = d->location;
    bool found = false;
    ref chosen = {INITIAL, 0};
    for (unsigned p = l->write_count; p-- > least;) {
        /* A read that waits and doesn't get it from an older write will never get it: only the newest can still be replaced. */
        if (p != l->write_count - 1 && !satisfied(d, model_value(l, l->writes[p]))) {
            continue;
        }
        read_from(me, l->writes[p]);
        if (!consistent_now(d)) {
            continue;
        }
        if (found) {
            push_reading(me, l->writes[p]);
        } else {
            chosen = l->writes[p];
            found = true;
        }
    }
    if (!found) {
        give_up_execution();
    }
    read_from(me, chosen);
}

wide model_read(const step *a, ref *ret_event) {
    model_settle();
    bool old = next_event_is_old();
    thread *t = &E.threads[E.current];
    ref me = {(int8_t)E.current, (uint16_t)t->done};
    if (old && event_at(me)->kind == READ) {
        wait_for_write(event_at(me)->from);
    }
    memory_access(a->address, a->size, false, true, a->pc);
    location *l = memory_location(a->address, a->size);
    unsigned least = oldest_readable(l, (unsigned)(a->address - l->address), a->size);
    step whole = *a;
    whole.address = l->address;
    detail *d = add_event(&whole, READ, old, me);
    d->location = l;
    d->offset = (uint8_t)(a->address - l->address);
    d->at_least = l->writes[least];
    note_at_location(l, me);
    if (!old) {
        choose_source(me, least);
    } else if (write_position(event_at(me)->from) < least) {
        give_up_execution();
    } else {
        read_from(me, event_at(me)->from);
    }
    t->happened = d->happened;
    t->prefix = d->prefix;
    if (ret_event != NULL) {
        *ret_event = me;
    }
    if (!satisfied(d, d->value)) {
        give_up_thread(me, a->timed);
    }
    return part_of(d->value, d->offset, d->size);
}

/* ---- writes ---- */

static void insert(location *l, ref me, unsigned position) {
    if (l->write_count == LOCATION_WRITES) {
        report(EXPLORER_ENDLESS, detail_at(me)->pc, "more than %u writes to one location", LOCATION_WRITES);
    }
    for (unsigned p = l->write_count; p > position; p--) {
        l->writes[p] = l->writes[p - 1];
        detail_at(l->writes[p])->position = (uint16_t)p;
    }
    l->writes[position] = me;
    l->write_count++;
    detail_at(me)->position = (uint16_t)position;
}

static void take_out(location *l, unsigned position) {
    l->write_count--;
    for (unsigned p = position; p < l->write_count; p++) {
        l->writes[p] = l->writes[p + 1];
        detail_at(l->writes[p])->position = (uint16_t)p;
    }
}

/* May `me` stand right before writes[p] in an order of `count` writes, the youngest it must follow being at `least`? */
static bool may_stand(const ref *writes, unsigned count, unsigned p, unsigned least, ref me) {
    const detail *d = detail_at(me);
    if (p <= least || (d->update && !same_ref(writes[p - 1], d->replaces))) {
        return false;
    }
    /* Nothing comes between a read-modify-write and what it read. */
    return p == count || !detail_at(writes[p])->update || !same_ref(detail_at(writes[p])->replaces, writes[p - 1]);
}

static void push_placed(const extent *keep, const ref *writes, unsigned count, unsigned position, ref me, const ref *reader) {
    saved *graph = graph_save(keep);
    for (unsigned i = 1; i < count; i++) {
        graph_saved_event(graph, writes[i])->rank = (uint16_t)(i + (i >= position));
    }
    graph_saved_event(graph, me)->rank = (uint16_t)position;
    if (reader != NULL) {
        graph_saved_event(graph, *reader)->from = me;
    }
    graph_push(graph);
}

/* Was `r` added before `e`, or does `me` rest on it? */
static bool earlier(ref r, const event *e, const extent *prefix) {
    return r.thread == INITIAL || event_at(r)->stamp <= e->stamp || within(r, prefix);
}

/* Of all executions that become the same one once `r` and what rests on it are taken back, one does so: that in which each such event was added
 * in the way that is always possible, reading the newest write or being it. (M. Kokologiannakis et al., "Truly Stateless, Optimal Dynamic
 * Partial Order Reduction", POPL 2022.) */
static bool added_maximally(ref r, const extent *prefix) {
    const event *e = event_at(r);
    if (e->kind == CHOICE) {
        return e->choice == 0;
    }
    const location *l = detail_at(r)->location;
    if (e->kind == WRITE) {
        for (unsigned i = 0; i < l->event_count; i++) {
            const event *reader = event_at(l->events[i]);
            if (reader->kind == READ && same_ref(reader->from, r) && earlier(l->events[i], e, prefix)) {
                return false;
            }
        }
    }
    ref write = e->kind == READ ? e->from : r;
    if (!earlier(write, e, prefix)) {
        return false;
    }
    for (unsigned p = write_position(write) + 1; p < l->write_count; p++) {
        if (earlier(l->writes[p], e, prefix)) {
            return false;
        }
    }
    return true;
}

/* What is left if `reader` is to read from a write that comes later. false: another execution leads there. */
static bool take_back(ref reader, const extent *prefix, extent *ret_keep) {
    if (!added_maximally(reader, prefix)) {
        return false;
    }
    for (unsigned t = 0; t < THREADS; t++) {
        unsigned kept = E.length[t];
        while (kept > prefix->of[t] && E.events[t][kept - 1].stamp > event_at(reader)->stamp) {
            kept--;
            ref r = {(int8_t)t, (uint16_t)kept};
            if (!added_maximally(r, prefix)) {
                return false;
            }
        }
        ret_keep->of[t] = (uint16_t)kept;
    }
    return true;
}

/* The executions in which `reader`, which was there before, reads from `me`. */
static void revisit(ref reader, ref me, ref least) {
    const detail *d = detail_at(me);
    const location *l = d->location;
    extent keep;
    if (!take_back(reader, &d->prefix, &keep)) {
        return;
    }
    ref kept[LOCATION_WRITES];
    unsigned count = 0;
    unsigned from = 0;
    for (unsigned p = 0; p < l->write_count; p++) {
        if (within(l->writes[p], &keep)) {
            if (p == write_position(least) || p == write_position(detail_at(reader)->at_least)) {
                from = count;
            }
            kept[count++] = l->writes[p];
        }
    }
    bool waits_on = !d->unsettled && !satisfied(detail_at(reader), d->value);
    for (unsigned p = waits_on ? count : 1; p <= count; p++) {
        if (may_stand(kept, count, p, from, me)) {
            push_placed(&keep, kept, count, p, me, &reader);
        }
    }
}

/* Every place in the order of writes makes an execution, and every read that could read from here; this one goes on at the end of the order. */
static void place_new(ref me) {
    detail *d = detail_at(me);
    location *l = d->location;
    extent all;
    for (unsigned t = 0; t < THREADS; t++) {
        all.of[t] = (uint16_t)E.length[t];
    }
    unsigned least = d->position;
    for (unsigned i = 0; i < l->event_count; i++) {
        ref r = l->events[i];
        if (event_at(r)->kind == READ && !within(r, &d->prefix)) {
            revisit(r, me, l->writes[least]);
        }
    }
    unsigned chosen = 0;
    for (unsigned p = l->write_count; p > least; p--) {
        if (!may_stand(l->writes, l->write_count, p, least, me)) {
            continue;
        }
        insert(l, me, p);
        bool consistent = consistent_now(d);
        take_out(l, p);
        if (consistent && chosen == 0) {
            chosen = p;
        } else if (consistent) {
            push_placed(&all, l->writes, l->write_count, p, me, NULL);
        }
    }
    if (chosen == 0) {
        give_up_execution();
    }
    insert(l, me, chosen);
    for (unsigned p = 1; p < l->write_count; p++) {
        event_at(l->writes[p])->rank = (uint16_t)p;
    }
}

static void place_old(ref me) {
    location *l = detail_at(me)->location;
    unsigned p = l->write_count;
    while (p > 1 && event_at(l->writes[p - 1])->rank > event_at(me)->rank) {
        p--;
    }
    insert(l, me, p);
}

void model_write(const step *a, wide value, const ref *update_of) {
    model_settle();
    bool old = next_event_is_old();
    thread *t = &E.threads[E.current];
    ref me = {(int8_t)E.current, (uint16_t)t->done};
    memory_access(a->address, a->size, true, !a->plain, a->pc);
    location *l = memory_location(a->address, a->size);
    unsigned least = oldest_readable(l, (unsigned)(a->address - l->address), a->size);
    step whole = *a;
    whole.address = l->address;
    detail *d = add_event(&whole, WRITE, old, me);
    d->location = l;
    d->offset = (uint8_t)(a->address - l->address);
    d->position = (uint16_t)least;
    d->value = with_part(model_value(l, l->writes[least]), d->offset, a->size, value);
    if (at_least_release(a->order)) {
        d->released = d->happened;
    }
    if (update_of != NULL) {
        d->update = true;
        d->replaces = event_at(*update_of)->from;
        d->value = with_part(detail_at(*update_of)->value, d->offset, a->size, value);
        if (d->replaces.thread != INITIAL) {
            join(&d->released, &detail_at(d->replaces)->released);
        }
    }
    d->unsettled = a->plain;
    if (old) {
        place_old(me);
    } else {
        place_new(me);
    }
    note_at_location(l, me);
    if (a->plain) {
        unsettled = me;
    }
}

unsigned explorer_choose(unsigned count) {
    model_settle();
    bool old = next_event_is_old();
    ref me = {(int8_t)E.current, (uint16_t)E.threads[E.current].done};
    step a = {.pc = 0};
    add_event(&a, CHOICE, old, me);
    if (!old) {
        extent keep;
        for (unsigned t = 0; t < THREADS; t++) {
            keep.of[t] = (uint16_t)E.length[t];
        }
        for (unsigned i = count; i-- > 1;) {
            saved *graph = graph_save(&keep);
            graph_saved_event(graph, me)->choice = (uint8_t)i;
            graph_push(graph);
        }
    }
    detail_at(me)->value = count;
    return event_at(me)->choice;
}
