/* MessageStream: a tap's ring. What it holds of a message is the header by value, and a reference to bytes that all taps share. */
#ifndef AIRSI_CORE_BROKER_STREAM_H
#define AIRSI_CORE_BROKER_STREAM_H

#include <airs/broker.h>

#include "core/message/payload.h"

/* Keeps the entry and a reference to the payload its message stands in; full: the oldest goes and is counted as lag. Without a payload, for want
 * of memory, it is this one that is counted. Thread: any. */
void airsi_stream_offer(airs_stream *stream, const airs_stream_entry *entry, airsi_payload *payload);

/* After a grace period. */
void airsi_stream_free(airs_stream *stream);

#endif
