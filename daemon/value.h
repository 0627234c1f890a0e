/*
 * value: numbers with a unit, as people write them.
 *
 *     count     10000
 *     rate      20                     each second
 *     size      64K                    bytes; K M G are powers of 1024
 *     duration  250 250ms 30s 5m 7d    milliseconds if it has no unit
 *
 * Called by options.  Not here: bounds, and what 0 means.
 */
#ifndef VALUE_H
#define VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "chatcore.h"

/* Bytes of the longest value with its NUL. */
#define VALUE_SIZE 24

enum value_result {
	VALUE_OK,
	VALUE_WRONG,     /* not a number of that unit */
	VALUE_TOO_GREAT, /* beyond 2^64 - 1 */
};

/* "count", "size", "rate" or "duration"; static. */
const char *value_unit_name(enum chat_unit unit);

/* Reads all of s, which is digits and a suffix of the unit.  Sets *value to
 * exactly that number, or leaves it as it was. */
enum value_result value_parse(
    uint64_t *value, enum chat_unit unit, const char *s);

/* Writes value, with the suffix that makes it shortest, and a NUL. */
void value_write(char dst[VALUE_SIZE], enum chat_unit unit, uint64_t value);

#endif
