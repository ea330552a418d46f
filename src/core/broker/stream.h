/* MessageStream: a tap's ring of copies. */
#ifndef AIRSI_CORE_BROKER_STREAM_H
#define AIRSI_CORE_BROKER_STREAM_H

#include <airs/broker.h>

/* Keeps a copy of its own (payload shared where it can be); full: the oldest goes and is counted as lag. Thread: any. */
void airsi_stream_offer(airs_stream *stream, const airs_envelope *envelope, airs_status status);

/* After a grace period. */
void airsi_stream_free(airs_stream *stream);

#endif
