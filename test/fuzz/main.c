/*
 * main: replays the files it is given through a fuzz target, for compilers
 * that have no fuzzer, and for a corpus that `make check` runs again.  With
 * clang, -fsanitize=fuzzer brings its own main and this file is left out.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* All of a file in memory of exactly its size, so that a sanitizer sees the
 * first byte read beyond it. */
static uint8_t *
load(const char *name, size_t *n)
{
	FILE *f = fopen(name, "rb");
	uint8_t *p = NULL;
	long size;

	if (f == NULL)
		return NULL;
	if (fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0 &&
	    (p = malloc(size > 0 ? (size_t)size : 1)) != NULL) {
		rewind(f);
		*n = fread(p, 1, (size_t)size, f);
	}
	fclose(f);
	return p;
}

int
main(int argc, char *argv[])
{
	uint8_t *p;
	size_t n;
	int i;

	for (i = 1; i < argc; i++) {
		if ((p = load(argv[i], &n)) == NULL) {
			fprintf(
			    stderr, "%s: no file that can be read\n", argv[i]);
			return 1;
		}
		LLVMFuzzerTestOneInput(p, n);
		free(p);
	}
	printf("%d inputs\n", argc - 1);
	return 0;
}
