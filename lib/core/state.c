#include "state.h"

#include <stdarg.h>
#include <stdio.h>

void
chat_core_log(
    struct chat_core *core, enum chat_level level, const char *format, ...)
{
	char line[512];
	va_list ap;

	if (core->on_log == NULL)
		return;
	va_start(ap, format);
	/* A longer line is cut; it may quote what a client sent. */
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	core->on_log(core->user, level, line);
}
