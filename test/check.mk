# The steps of `make check` and `make test`, each a target that test/step.sh
# runs.  Make runs as many at a time as there are cores and starts them in the
# order of STEPS: what takes long, or is waited for, comes first.
#
# A step that exits with 77 was skipped; its last line says why.

BUILD = build
OUT = .
C = build/check

PROGRAMS = $(patsubst test/%.c,%,$(wildcard \
	test/process/test_*.c test/unit/*/test_*.c))
FUZZERS = $(patsubst test/%.c,%,\
	$(filter-out %/main.c,$(wildcard test/fuzz/*.c)))
PAGES = $(patsubst test/%.test.mjs,%,$(wildcard test/browser/*.test.mjs))
POLL = unit/net/test_ready process/test_server

STEPS = build/usual build/gcc $(PAGES) crash conformance disk manuals hosts \
	build/clang build/poll build/fortify build/newest build/musl \
	$(PROGRAMS:%=gcc/%) $(FUZZERS:%=gcc/%) $(POLL:%=poll/%) \
	$(PROGRAMS:%=clang/%) web embed install pic flags libc-alone small \
	layers format man analysed

steps:
	@printf '%s\n' $(STEPS)

STEP = @sh test/step.sh $@
BUILDS = $(STEP) sh test/builds.sh
# + has the makes within share the cores with the steps.
MAKES = +$(STEP) $(MAKE) -s $(IN)
IN = STRICT=1 BUILD=$C/$(@F) OUT=$C/$(@F)
SANITIZE = CFLAGS='-O1 -g1 -fsanitize=address,undefined \
	-fno-sanitize-recover=all'
NODE_TEST = node --test --test-reporter=spec
FORTIFY = CFLAGS=-O2 CPPFLAGS='-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2'

build/usual:
	+$(STEP) $(MAKE) -s STRICT=1 all faults
build/tests:
	+$(STEP) $(MAKE) -s $(OUT)/chatd $(PARTS)
build/gcc:
	$(MAKES) CC=gcc $(SANITIZE) tests
build/poll:
	$(MAKES) CC=gcc $(SANITIZE) READY=poll $(POLL:%=$C/poll/test/%)
build/clang:
	$(MAKES) CC=clang CFLAGS=-O2 tests
build/fortify:
	$(MAKES) CC=gcc $(FORTIFY) all
build/newest:
	+$(BUILDS) with_newest_clang $(MAKE) -s $(IN) $(FORTIFY) all
build/musl:
	$(MAKES) CC=musl-gcc CFLAGS=-Os LDFLAGS='-static -Wl,--gc-sections' all

# Programs of C.
$(PROGRAMS:%=gcc/%): gcc/%: build/gcc
	$(STEP) env CHATD=$C/gcc/chatd $C/gcc/test/$*
$(FUZZERS:%=gcc/%): gcc/fuzz/%: build/gcc
	$(STEP) $C/gcc/test/fuzz/$* $(wildcard test/fuzz/corpus/$*/*)
$(POLL:%=poll/%): poll/%: build/poll
	$(STEP) $C/poll/test/$*
$(PROGRAMS:%=clang/%): clang/%: build/clang
	$(STEP) env CHATD=$C/clang/chatd $C/clang/test/$*
$(PROGRAMS): %: build/tests
	$(STEP) env CHATD=$(OUT)/chatd $(BUILD)/test/$*

# The whole of it, from outside.
crash: build/usual
	$(STEP) node test/process/crash.mjs
disk: build/usual
	$(STEP) $(NODE_TEST) test/process/disk.test.mjs
conformance: build/gcc
	$(STEP) node test/conformance.mjs $C/gcc/test/echo
manuals: build/gcc build/usual
	$(STEP) env CHATD=$C/gcc/chatd $(NODE_TEST) test/process/manual.test.mjs
hosts: build/gcc
	$(STEP) env CHATD=$C/gcc/chatd $(NODE_TEST) test/process/host.test.mjs
$(PAGES): build/gcc
	$(STEP) env CHATD=$C/gcc/chatd $(NODE_TEST) test/$@.test.mjs
web:
	$(BUILDS) web_modules

# What is built and installed.
embed:
	$(BUILDS) embeds
install: build/usual
	+$(BUILDS) installs
pic: build/usual
	$(BUILDS) is_pic libchatcore.a
flags:
	+$(BUILDS) honours_flags
libc-alone: build/usual
	$(BUILDS) needs_libc_alone chatd
small: build/musl
	$(BUILDS) is_small $C/musl/chatd

# How it reads.
layers: build/usual
	$(STEP) sh test/layers.sh build
format:
	$(STEP) $(MAKE) -s format-check
man:
	$(STEP) sh test/man.sh
analysed:
	$(BUILDS) analyses

.PHONY: steps build/tests $(STEPS) $(PROGRAMS)
