# chatd: make, make check, make install.  Needs a C11 compiler and POSIX tools.
#
# CC CFLAGS LDFLAGS PREFIX DESTDIR are honoured.  READY names the ready set:
# epoll (the default on Linux) or poll (everywhere).  BUILD is where objects go,
# OUT where products go: give both for a build beside the usual one.  V=1 shows
# the commands.

VERSION = 1.0.0
PREFIX = /usr/local
BINDIR = $(PREFIX)/bin
LIBDIR = $(PREFIX)/lib
INCLUDEDIR = $(PREFIX)/include
MANDIR = $(PREFIX)/share/man
BUILD = build
OUT = .
READY := $(if $(filter Linux,$(shell uname)),epoll,poll)

CFLAGS = -O2 -g
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wwrite-strings -Wvla -Werror
DEFS = -std=c11 -D_POSIX_C_SOURCE=200809L -DCHAT_VERSION='"$(VERSION)"'
COMPILE = $(CC) $(DEFS) $(WARN) $(CFLAGS) -Ilib -Itest -I$(BUILD) -MMD -MP

Q = $(if $(V),,@)
SAY = @$(if $(findstring s,$(firstword -$(MAKEFLAGS))),:,printf '  %-3s %s\n')

# The order is the way of the data, tier above tier.
PURE = err crc32 sha1 sha256 base64 utf8 name token http handshake frame ws \
	json line msg
STATE = alloc limit bytes buf rate ring past queue refs users batch \
	store_memory address metrics tell presence history keys waiters \
	readers decide apply join room request conn conns core
OS = sock ready_$(READY) disk lines segment scan store_file store_open \
	store_recover store_read check loop server
DAEMON = value setting options log folder files signals main

LIB_OBJECTS = $(PURE:%=$(BUILD)/lib/%.o) $(STATE:%=$(BUILD)/lib/%.o) \
	$(OS:%=$(BUILD)/lib/%.o)
DAEMON_OBJECTS = $(DAEMON:%=$(BUILD)/daemon/%.o) $(BUILD)/web.o

LIB = $(OUT)/libchatcore.a

all: $(OUT)/chatd $(LIB)

$(OUT)/chatd: $(DAEMON_OBJECTS) $(LIB)
	$(SAY) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(DAEMON_OBJECTS) $(LIB)

$(LIB): $(LIB_OBJECTS)
	$(SAY) AR $@
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $(LIB_OBJECTS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(Q)$(COMPILE) -c -o $@ $<

# The web client, as C.  The folder itself tells of files that are gone.
$(BUILD)/web.c: daemon/embed.sh web $(wildcard web/*)
	@mkdir -p $(@D)
	$(SAY) GEN $@
	$(Q)sh daemon/embed.sh $(wildcard web/*) >$@.new
	$(Q)mv $@.new $@

$(BUILD)/web.o: $(BUILD)/web.c
	$(SAY) CC $<
	$(Q)$(COMPILE) -Idaemon -c -o $@ $<

# What programs include, and what that includes.
DOORS = lib/chatcore.h lib/store_file.h lib/check.h
HEADERS = $(sort $(filter lib/%.h,$(shell $(CC) -MM $(DOORS))))
MANUALS = $(notdir $(wildcard man/*.[358]))

$(BUILD)/chatcore.pc: Makefile
	@mkdir -p $(@D)
	printf '%s\n' 'Name: chatcore' 'Description: a chat room for C programs' \
	    'Version: $(VERSION)' 'Cflags: -I$(INCLUDEDIR)' \
	    'Libs: -L$(LIBDIR) -lchatcore' >$@

install: all $(BUILD)/chatcore.pc
	mkdir -p $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBDIR)/pkgconfig \
	    $(DESTDIR)$(INCLUDEDIR)/chatcore $(DESTDIR)$(MANDIR)/man3 \
	    $(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(MANDIR)/man8
	cp -f $(OUT)/chatd $(DESTDIR)$(BINDIR)
	cp -f $(LIB) $(DESTDIR)$(LIBDIR)
	cp -f $(BUILD)/chatcore.pc $(DESTDIR)$(LIBDIR)/pkgconfig
	cp -f $(HEADERS) $(DESTDIR)$(INCLUDEDIR)/chatcore
	for m in $(MANUALS); do \
	    cp -f man/$$m $(DESTDIR)$(MANDIR)/man$${m##*.} || exit 1; done

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/chatd $(DESTDIR)$(LIBDIR)/libchatcore.a \
	    $(DESTDIR)$(LIBDIR)/pkgconfig/chatcore.pc
	rm -rf $(DESTDIR)$(INCLUDEDIR)/chatcore
	for m in $(MANUALS); do \
	    rm -f $(DESTDIR)$(MANDIR)/man$${m##*.}/$$m || exit 1; done

# Tests.  check installs what they need and runs all of them, in several
# builds; the others are parts of it, for whoever works on one.
TESTS = $(patsubst test/%.c,$(BUILD)/test/%,$(wildcard test/test_*.c))
FUZZERS = $(patsubst test/%.c,$(BUILD)/test/%,\
	$(filter-out test/fuzz_main.c,$(wildcard test/fuzz_*.c)))
PROGRAMS = $(BUILD)/test/echo $(BUILD)/test/embed
FAULTS = $(BUILD)/test/faults.so

check:
	sh test/check.sh

tests: $(OUT)/chatd $(TESTS) $(FUZZERS) $(PROGRAMS)

# What comes between chatd and its disk.
faults: $(FAULTS)

$(FAULTS): test/faults.c
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(CC) -std=c11 -Wall -Wextra -Wshadow -Wconversion -Werror -O1 -g \
	    -fPIC -shared -o $@ $<

# Of the daemon, the tests link what they name.
$(BUILD)/daemon.a: $(DAEMON_OBJECTS)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $(filter-out %/main.o,$(DAEMON_OBJECTS))

LINK = $(COMPILE) $(LDFLAGS) $(WRAP:%=-Wl,--wrap=%) -o $@ $(filter %.c %.a,$^)

# What several tests share.
SHARED = $(wildcard test/process.c test/sim.c)

$(BUILD)/test.a: $(SHARED:%.c=$(BUILD)/%.o)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

# Calls that this test lets fail.
$(BUILD)/test/test_store_file: WRAP = openat fstat pread pwrite ftruncate \
	fdatasync fsync renameat unlinkat

$(BUILD)/test/test_%: test/test_%.c $(BUILD)/test.a $(BUILD)/daemon.a $(LIB)
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(LINK) -lcmocka

$(BUILD)/test/fuzz_%: test/fuzz_%.c test/fuzz_main.c $(LIB)
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(LINK)

$(BUILD)/test/%: test/%.c $(LIB)
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(LINK)

# What the room costs, against the least that it could; takes a few minutes.
BENCHES = $(patsubst %,$(BUILD)/test/bench/%,server floor load journal)
$(BUILD)/test/bench/load: test/bench/crowd.c

bench: $(BENCHES)
	sh test/bench/run.sh $(BUILD)/test/bench

test/echo: $(BUILD)/test/echo
	cp -f $< $@

clean:
	rm -rf $(BUILD) chatd libchatcore.a test/echo

-include $(LIB_OBJECTS:.o=.d) $(DAEMON_OBJECTS:.o=.d) \
	$(SHARED:%.c=$(BUILD)/%.d) $(TESTS:=.d) $(FUZZERS:=.d) $(PROGRAMS:=.d) \
	$(BENCHES:=.d)

.PHONY: all install uninstall check tests faults bench clean
