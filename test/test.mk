# The tests' part of the Makefile: each test is a program of its own.

UNITS = $(wildcard test/unit/*/test_*.c test/process/test_*.c)
TESTS = $(UNITS:%.c=$(BUILD)/%)
FUZZERS = $(patsubst %.c,$(BUILD)/%,\
	$(filter-out test/fuzz/main.c,$(wildcard test/fuzz/*.c)))
PROGRAMS = $(BUILD)/test/echo $(BUILD)/test/embed
FAULTS = $(BUILD)/test/faults.so
BENCHES = $(patsubst %,$(BUILD)/test/bench/%,server floor load journal)

# All tests, in several builds; test/check.mk has the steps.
check:
	@sh test/deps.sh
	@exec sh test/check.sh $$($(MAKE) -s -f test/check.mk steps)

# Those in C, in the usual build; of a folder or of one module.
NAMES = $(UNITS:test/%.c=%)

define RUN
	@echo '#include <cmocka.h>' | $(CC) $(CPPFLAGS) -E - >/dev/null 2>&1 || \
	    { echo 'this needs cmocka: apt-get install libcmocka-dev'; exit 1; }
	@exec sh test/check.sh $(MAKEOVERRIDES) build/tests $(NAMES) \
	    PARTS='$(NAMES:%=$(BUILD)/test/%)'
endef

test:
	$(RUN)

# Those of the page that need no browser.
test-web:
	@sh test/builds.sh web_modules

test-%: NAMES = $(filter unit/$*/% $*/% %/test_$*,$(UNITS:test/%.c=%))
test-%:
	@$(if $(NAMES),,echo 'nothing found: neither test/unit/$*/ nor \
	    test_$*.c; a module without a test of its own is tested with \
	    its folder, the page as test/README.md says'; exit 1)
	$(RUN)

tests: $(OUT)/chatd $(TESTS) $(FUZZERS) $(PROGRAMS) $(BENCHES)

# What comes between chatd and its disk.
faults: $(FAULTS)

$(FAULTS): test/process/faults.c
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(CC) -std=c11 -Wall -Wextra -Wshadow -Wconversion \
	    $(if $(STRICT),-Werror) -O1 -g -fPIC -shared -o $@ $<

# Of the daemon, the tests link what they name.
$(BUILD)/daemon.a: $(DAEMON_OBJECTS)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $(filter-out %/main.o,$(DAEMON_OBJECTS))

# What several tests share.
SHARED = $(wildcard test/support/*.c)

$(BUILD)/test.a: $(SHARED:%.c=$(BUILD)/%.o)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/test/%: COMPILE += -Itest/support -I.
LINK = $(COMPILE) $(LDFLAGS) $(WRAP:%=-Wl,--wrap=%) -o $@ $(filter %.c %.a,$^)

# Calls that these tests let fail, or come between.
$(BUILD)/test/unit/journal/test_file: WRAP = openat fstat pread pwrite \
	ftruncate fdatasync fsync renameat unlinkat
$(BUILD)/test/unit/journal/test_hold: WRAP = unlinkat

$(TESTS): $(BUILD)/%: %.c $(BUILD)/test.a $(BUILD)/daemon.a $(LIB)
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(LINK) -lcmocka

$(FUZZERS): $(BUILD)/%: %.c test/fuzz/main.c $(LIB)
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(LINK)

$(BUILD)/test/bench/load: test/bench/crowd.c

$(BUILD)/test/%: test/%.c $(LIB)
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(LINK)

# One fuzzer, by clang, until it finds something.  New inputs are kept in build/.
FUZZ = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all

fuzz-%: test/fuzz/%.c
	@mkdir -p build/fuzz/found/$*
	@$(MAKE) -s BUILD=build/fuzz OUT=build/fuzz CC=clang \
	    CFLAGS='$(FUZZ) -fsanitize=fuzzer-no-link' build/fuzz/libchatcore.a
	clang $(DEFS) $(FUZZ) -fsanitize=fuzzer -Ilib -Itest/support -I. \
	    -o build/fuzz/$* $< build/fuzz/libchatcore.a
	build/fuzz/$* -artifact_prefix=build/fuzz/ $(FUZZ_OPTIONS) \
	    build/fuzz/found/$* test/fuzz/corpus/$*

# What the room costs, against the least that it could; takes a few minutes.
bench: $(BENCHES)
	sh test/bench/run.sh $(BUILD)/test/bench

# ... and what one client costs all others.
bench-abuse: $(OUT)/chatd
	@sh test/deps.sh
	CHATD=$(OUT)/chatd node test/bench/abuse.mjs

# What takes too long for make check.
SECONDS = 600

soak:
	@sh test/soak.sh $(SECONDS)

test/echo: $(BUILD)/test/echo
	cp -f $< $@

-include $(SHARED:%.c=$(BUILD)/%.d) $(TESTS:=.d) $(FUZZERS:=.d) \
	$(PROGRAMS:=.d) $(BENCHES:=.d)

C_FILES = $(wildcard daemon/*.[ch] lib/*.h lib/*/*.[ch] \
	test/*.c test/*/*.[ch] test/unit/*/*.c)

format:
	clang-format -i $(C_FILES)

format-check:
	clang-format --dry-run -Werror $(C_FILES)

.PHONY: check test test-web tests faults bench bench-abuse soak format format-check
