# make			chatd and libchatcore.a
# make install		both, the headers and the manuals; uninstall removes them
# make clean		removes all that was made
#
# make test		the tests in C; needs cmocka, and neither root nor a browser
# make test-ring	those in C of a folder; test-queue: that of a module
# make test-web		those of the modules of the page; needs Node.js
# make check		all tests, in several builds; installs what they need
# make fuzz-msg		a fuzzer of test/fuzz/, until it finds something
# make bench		what the room costs; bench-abuse: what one client can
# make soak		random seeds and slow analysers, for SECONDS=600
# make tests		builds the tests; test/echo and faults: a part of them
# make format		clang-format over all C; format-check only looks
#
# Honoured are CC CPPFLAGS CFLAGS LDFLAGS PREFIX DESTDIR, and:
#
# V=1			show the commands
# STRICT=1		a warning is an error
# READY=poll		poll() in place of epoll
# BUILD=X OUT=Y		where objects and products go, for a second build

VERSION = 1.0.0
PREFIX = /usr/local
BINDIR = $(PREFIX)/bin
LIBDIR = $(PREFIX)/lib
INCLUDEDIR = $(PREFIX)/include
MANDIR = $(PREFIX)/share/man
BUILD = build
OUT = .
READY := $(if $(filter Linux,$(shell uname)),epoll,poll)

CFLAGS ?= -O2 -g
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wwrite-strings -Wvla $(if $(STRICT),-Werror)
DEFS = -std=c11 -D_POSIX_C_SOURCE=200809L -DCHAT_VERSION='"$(VERSION)"'
COMPILE = $(CC) $(DEFS) $(WARN) -Ilib -MMD -MP $(CPPFLAGS) $(CFLAGS)

Q = $(if $(V),,@)
SAY = @$(if $(findstring s,$(firstword -$(MAKEFLAGS))),:,printf '  %-3s %s\n')

# The floors of lib/ from the ground up: a folder uses only those before it,
# and the headers in lib/ itself.
FLOORS = base code wire ring store room core journal net

LIB_SOURCES = $(filter-out lib/net/ready_%,$(wildcard $(FLOORS:%=lib/%/*.c))) \
	lib/net/ready_$(READY).c
LIB_OBJECTS = $(LIB_SOURCES:%.c=$(BUILD)/%.o)
DAEMON_OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(wildcard daemon/*.c)) \
	$(BUILD)/web.o
LIB = $(OUT)/libchatcore.a

all: $(OUT)/chatd $(LIB)

$(OUT)/chatd: $(DAEMON_OBJECTS) $(LIB)
	$(SAY) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(DAEMON_OBJECTS) $(LIB)

$(LIB): $(LIB_OBJECTS)
	$(SAY) AR $@
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $(LIB_OBJECTS)

$(BUILD)/lib/%.o: COMPILE += -fPIC
$(BUILD)/web.o: COMPILE += -Idaemon

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
	$(Q)$(COMPILE) -c -o $@ $<

# What programs may include is what stands in lib/ itself.
HEADERS = $(wildcard lib/*.h)
MANUALS = $(wildcard man/*.[358])

install: all
	umask 022 && install -d $(DESTDIR)$(BINDIR) \
	    $(DESTDIR)$(LIBDIR)/pkgconfig \
	    $(DESTDIR)$(INCLUDEDIR)/chatcore $(DESTDIR)$(MANDIR)/man3 \
	    $(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(MANDIR)/man8
	install -m 755 $(OUT)/chatd $(DESTDIR)$(BINDIR)
	install -m 644 $(LIB) $(DESTDIR)$(LIBDIR)
	install -m 644 $(HEADERS) $(DESTDIR)$(INCLUDEDIR)/chatcore
	for m in $(MANUALS); do \
	    install -m 644 $$m $(DESTDIR)$(MANDIR)/man$${m##*.} || exit; done
	printf '%s\n' 'Name: chatcore' 'Description: a chat room for C programs' \
	    'Version: $(VERSION)' 'Cflags: -I$(INCLUDEDIR)' \
	    'Libs: -L$(LIBDIR) -lchatcore' \
	    >$(DESTDIR)$(LIBDIR)/pkgconfig/chatcore.pc
	chmod 644 $(DESTDIR)$(LIBDIR)/pkgconfig/chatcore.pc

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/chatd $(DESTDIR)$(LIBDIR)/libchatcore.a \
	    $(DESTDIR)$(LIBDIR)/pkgconfig/chatcore.pc
	rm -rf $(DESTDIR)$(INCLUDEDIR)/chatcore
	for m in $(MANUALS); do \
	    rm -f $(DESTDIR)$(MANDIR)/man$${m##*.}/$${m##*/} || exit; done

help:
	@sed '/^#/!q; s/^# \{0,1\}//' Makefile

clean:
	rm -rf $(BUILD) chatd libchatcore.a test/echo

include test/test.mk

-include $(LIB_OBJECTS:.o=.d) $(DAEMON_OBJECTS:.o=.d)

.PHONY: all install uninstall help clean
