/*
 * guard: memory that ends where reading has to end.
 *
 * A test hands a parser a copy of its input that lies against an unreadable
 * page, so that a read of even one byte too many is a crash, with and without
 * a sanitizer.  Before the copy there is another; it lies against that one too
 * where n is a multiple of the size of a page.
 *
 *     | unreadable page | ... unused ... | n bytes of copy | unreadable page |
 *                       start            start + size - n  start + size
 *
 * For tests alone.
 */
#ifndef CHAT_GUARD_H
#define CHAT_GUARD_H

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The bytes of the whole pages that n bytes take; at least one page, so that an
 * empty copy has an address, too. */
static inline size_t
guard_size(size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return n == 0 ? page : (n + page - 1) / page * page;
}

/* A copy of the n bytes at p, after which nothing can be read.  The caller's,
 * to be given to guard_free() with the same n.  Aborts when there is no memory.
 */
static inline void *
guard_copy(const void *p, size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), size = guard_size(n);
	int fd = open("/dev/zero", O_RDWR);
	unsigned char *map =
	    mmap(NULL, size + 2 * page, PROT_NONE, MAP_PRIVATE, fd, 0);
	unsigned char *start;

	if (map == MAP_FAILED ||
	    mprotect(map + page, size, PROT_READ | PROT_WRITE) != 0)
		abort();
	close(fd);
	start = map + page;
	if (n > 0)
		memcpy(start + size - n, p, n);
	return start + size - n;
}

static inline void
guard_free(void *copy, size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), size = guard_size(n);

	munmap((unsigned char *)copy + n - size - page, size + 2 * page);
}

#endif
