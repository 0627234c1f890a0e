# chatd: make, make check, make install.  Needs a C11 compiler and POSIX tools.
#
# CC CFLAGS LDFLAGS PREFIX DESTDIR are honoured.  READY names the ready set:
# epoll (the default on Linux) or poll (everywhere).  BUILD is where objects go.

VERSION = 1.0.0
PREFIX = /usr/local
BINDIR = $(PREFIX)/bin
LIBDIR = $(PREFIX)/lib
INCLUDEDIR = $(PREFIX)/include
MANDIR = $(PREFIX)/share/man
BUILD = build
READY := $(if $(filter Linux,$(shell uname)),epoll,poll)

CFLAGS = -O2 -g
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wwrite-strings -Wvla -Werror
DEFS = -std=c11 -D_POSIX_C_SOURCE=200809L -DCHAT_VERSION='"$(VERSION)"'
COMPILE = $(CC) $(DEFS) $(WARN) $(CFLAGS) -Ilib -I$(BUILD) -MMD -MP

# The order is the way of the data, tier above tier.
PURE = err sha1 sha256 base64 utf8 name token http handshake frame ws json msg
STATE = alloc limits bytes buf rate ring past queue refs users batch \
	store_memory address metrics tell presence history waiters decide \
	apply join room request conn core
OS = sock ready_$(READY) loop server
DAEMON = value setting options log folder files signals main

LIB_OBJECTS = $(PURE:%=$(BUILD)/lib/%.o) $(STATE:%=$(BUILD)/lib/%.o) \
	$(OS:%=$(BUILD)/lib/%.o)
DAEMON_OBJECTS = $(DAEMON:%=$(BUILD)/daemon/%.o) $(BUILD)/web.o

all: chatd libchatcore.a

chatd: $(DAEMON_OBJECTS) libchatcore.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(DAEMON_OBJECTS) libchatcore.a

libchatcore.a: $(LIB_OBJECTS)
	rm -f $@
	$(AR) rcs $@ $(LIB_OBJECTS)

$(BUILD)/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(COMPILE) -c -o $@ $<

$(BUILD)/daemon/%.o: daemon/%.c
	@mkdir -p $(@D)
	$(COMPILE) -c -o $@ $<

# The web client, as C.  The folder itself tells of files that are gone.
$(BUILD)/web.c: daemon/embed.sh web $(wildcard web/*)
	@mkdir -p $(@D)
	sh daemon/embed.sh $(wildcard web/*) >$@.new
	mv $@.new $@

$(BUILD)/web.o: $(BUILD)/web.c
	$(COMPILE) -Idaemon -c -o $@ $<

# chatcore.h names all headers that it needs.
HEADERS = chatcore.h $(shell sed -n 's/^\#include "\(.*\)"/\1/p' lib/chatcore.h)
MANUALS = $(notdir $(wildcard man/*.[358]))

$(BUILD)/chatcore.pc: Makefile
	@mkdir -p $(@D)
	printf '%s\n' 'Name: chatcore' 'Description: a chat room for C programs' \
	    'Version: $(VERSION)' 'Cflags: -I$(INCLUDEDIR)' \
	    'Libs: -L$(LIBDIR) -lchatcore' >$@

install: chatd libchatcore.a $(BUILD)/chatcore.pc
	mkdir -p $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBDIR)/pkgconfig \
	    $(DESTDIR)$(INCLUDEDIR)/chatcore $(DESTDIR)$(MANDIR)/man3 \
	    $(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(MANDIR)/man8
	cp -f chatd $(DESTDIR)$(BINDIR)
	cp -f libchatcore.a $(DESTDIR)$(LIBDIR)
	cp -f $(BUILD)/chatcore.pc $(DESTDIR)$(LIBDIR)/pkgconfig
	cp -f $(HEADERS:%=lib/%) $(DESTDIR)$(INCLUDEDIR)/chatcore
	for m in $(MANUALS); do \
	    cp -f man/$$m $(DESTDIR)$(MANDIR)/man$${m##*.} || exit 1; done

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/chatd $(DESTDIR)$(LIBDIR)/libchatcore.a \
	    $(DESTDIR)$(LIBDIR)/pkgconfig/chatcore.pc
	rm -rf $(DESTDIR)$(INCLUDEDIR)/chatcore
	for m in $(MANUALS); do \
	    rm -f $(DESTDIR)$(MANDIR)/man$${m##*.}/$$m || exit 1; done

clean:
	rm -rf $(BUILD) chatd libchatcore.a test/echo

-include $(LIB_OBJECTS:.o=.d) $(DAEMON_OBJECTS:.o=.d)

.PHONY: all install uninstall clean
