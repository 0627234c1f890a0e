# chatd: make, make check, make install.  Needs a C11 compiler and POSIX tools.
#
# CC CFLAGS LDFLAGS PREFIX DESTDIR are honoured.  READY names the ready set:
# epoll (the default on Linux) or poll (everywhere).  BUILD is where objects go.

VERSION = 1.0.0
PREFIX = /usr/local
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
DAEMON = log options files main

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

clean:
	rm -rf $(BUILD) chatd libchatcore.a test/echo

-include $(LIB_OBJECTS:.o=.d) $(DAEMON_OBJECTS:.o=.d)

.PHONY: all clean
