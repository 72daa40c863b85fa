# lifeguard: the recorder (preload/), the command (analyzer/), samples and tests.
# `make help` lists what can be made.
# SPDX-License-Identifier: MIT

CFLAGS ?= -O2 -g
# What an unforeseen compiler warns of is an error only where somebody is to mend it: .ci/run asks.
WERROR ?=
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60

comma := ,
BUILD := build$(if $(SANITIZE),/sanitize-$(subst $(comma),-,$(SANITIZE)))

# MAJOR.MINOR.PATCH of preload/util/version.h.
VERSION := $(shell awk '/define LIFEGUARD_(MAJOR|MINOR|PATCH)/ { printf "%s%s", dot, $$3; dot = "." }' preload/util/version.h)

# Includes name their file from the top.
COMMON := -std=gnu11 -D_GNU_SOURCE= -Wall -Wextra $(if $(WERROR),-Werror) -MMD -MP -iquote . $(CPPFLAGS)
SANITIZED := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer)
# A fifth of a run's time; the fuzzer finds in the seeds what it would learn from comparisons.
SANITIZED += $(if $(findstring fuzzer,$(SANITIZE)),-fno-sanitize-coverage=trace-cmp)

# A hook must not enter the loader: every symbol is bound at load, thread-local data lies at a
# fixed offset. What runs inside a plain daemon is never sanitized. A hook leaves the program's vector
# registers alone: see preload/util/vectors.h. Optimised as a whole, it would lose its own memmove(), and
# the versions of symbols that it asks for: see preload/util/old_library.h.
RECORDER_FLAGS := -fno-lto -fPIC -fno-plt -fvisibility=hidden -ftls-model=initial-exec -mgeneral-regs-only
# Without vector registers, gcc sets even a few words by an instruction that takes 10 ns to begin.
RECORDER_FLAGS += $(if $(findstring clang,$(CC)),,-mmemset-strategy=unrolled_loop:256:noalign$(comma)rep_8byte:-1:noalign)
# The command has vector registers, but gcc sets and copies what is longer than a few of them so, too.
COMMAND_FLAGS := $(if $(findstring clang,$(CC)),,-mmemset-strategy=vector_loop:512:noalign$(comma)libcall:-1:noalign)
RECORDER_LINK := -shared -Wl,-z,now -Wl,-z,defs -Wl,-soname,liblifeguard.so
# Nothing but the C library: what the loader finds missing keeps every program from starting.
TEST_LIBS := -lcriterion -lZydis
COMMAND_LIBS := -ldw -lelf -ljansson -linih -lmicrohttpd -lzstd -lz -llzma -liberty -lncursesw -ltinfo -lm -lpthread

RECORDER_SOURCES := $(wildcard preload/*.c preload/*/*.[cS])
COMMAND_SOURCES := $(wildcard analyzer/*.c analyzer/*/*.[cS])
PAGE_SOURCES := $(filter-out %.c %.h %.S,$(wildcard analyzer/html/*))
# What draws the page of `lifeguard html`, or nothing.
D3 := $(wildcard /usr/share/nodejs/d3/dist/d3.min.js)
TEST_SOURCES := $(wildcard tests/unit/*/*_test.c tests/unit/*/*/*_test.c)
TEST_HELPERS := $(wildcard tests/unit/support/*.c)
APIS := $(wildcard preload/api/*.api)
FORMATTED := $(wildcard $(foreach depth,* */* */*/* */*/*/*,$(addsuffix /$(depth).[ch],preload analyzer samples tests)))

object = $(addsuffix .o,$(addprefix $(BUILD)/obj/$(1)/,$(2)))
RECORDER_OBJECTS := $(call object,pic,$(RECORDER_SOURCES))
# Of the same sources again, some are the command's too, and unit tests may refer to all but the
# constructor and the functions that stand in for the C library's.
SHARED_OBJECTS := $(call object,plain,$(wildcard $(addprefix preload/,api/*.[cS] walk/*.c \
	code/instruction.c code/opcodes.c util/filter_code.c)))
PLAIN_OBJECTS := $(call object,plain,$(filter-out $(wildcard preload/libc/*) $(addprefix preload/,recorder.c attached.c \
	hooks/process.c hooks/dlclose.c hooks/filters.c hooks/waiting.c guard/sigaction.c),$(RECORDER_SOURCES)))
COMMAND_OBJECTS := $(call object,plain,$(filter-out analyzer/main.c,$(COMMAND_SOURCES)))
MAIN_OBJECT := $(call object,plain,analyzer/main.c)
HELPER_OBJECTS := $(call object,plain,$(TEST_HELPERS))

LIBRARY := $(BUILD)/liblifeguard.so
COMMAND := $(BUILD)/lifeguard
SAMPLES := $(patsubst samples/%.c,$(BUILD)/samples/%,$(wildcard samples/*.c)) \
	$(if $(wildcard samples/poold/*.c),$(BUILD)/samples/poold)
TESTS := $(addprefix $(BUILD)/tests/,$(notdir $(basename $(TEST_SOURCES))))
# What the end-to-end tests compare the recorder's account with.
ORACLES := $(patsubst tests/e2e/programs/%.c,$(BUILD)/e2e/%,$(wildcard tests/e2e/programs/*.c))
# What the benchmarks run; tree.c also with malloc() and with chunks at the end of its calls.
TREES := $(addprefix $(BUILD)/bench/tree_,malloc chunk)
BENCHED := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c)) $(TREES)
E2E := $(wildcard tests/e2e/*/*.sh)
CHECKS = $(wildcard tests/*.sh) $(TESTS) $(E2E)
# The longest of them start first, so that none is left to run alone at the end.
LONGEST = $(filter %/proftpd_builds.sh %/truth.sh %/truth_kinds.sh %/hostile_test,$(CHECKS))
SOAKING := $(shell grep -l 'SOAK:-0' tests/e2e/*/*.sh)
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/*_fuzz.c))
FUZZ_SEEDS := $(BUILD)/fuzz/write_seeds
FUZZ_HELPERS := $(call object,plain,$(filter-out %_fuzz.c %_seeds.c,$(wildcard tests/fuzz/*.c)))
# What fuzz_files.c has in the place of the C library's, and one thread in that of several.
FUZZ_WRAPPED := $(addprefix -Wl$(comma)--wrap=,open openat close read pread write pwrite lseek ftruncate \
	fallocate fstat stat fstatat access unlink rename fcntl fsync fdatasync fdopen fopen opendir readdir \
	closedir threads_useful)
MAN := $(wildcard man/*)
# Where shells look, below PREFIX.
ZSH_COMPLETIONS ?= share/zsh/site-functions
FISH_COMPLETIONS ?= share/fish/vendor_completions.d
COMPLETIONS := $(BUILD)/completion/zsh $(BUILD)/completion/fish
DIST := $(BUILD)/lifeguard-$(VERSION).tar.gz

.DELETE_ON_ERROR .SECONDARY:
.PHONY: all demo screenshots check soak bench tests fuzz fuzzers format-check install uninstall clean help packages installed tested-with force \
	dist deb rpm

all: $(LIBRARY) $(COMMAND) $(SAMPLES) $(COMPLETIONS)

help:
	@echo 'make              build the recorder, the command and the samples into $(BUILD)/'
	@echo 'make demo         record the real ProFTPD at work and print its leak report'
	@echo 'make screenshots  take the pictures in README.md anew'
	@echo 'make check        run all tests'
	@echo 'make soak         run the long versions of the tests that have one: an hour'
	@echo 'make bench        measure what recording and reports cost: a quarter of an hour;'
	@echo '                  BENCH="event ..." selects parts, see tests/bench/README.md'
	@echo 'make fuzz         fuzz what reads traces and other files, the exports, what thins and sums up, FUZZ_SECONDS ($(FUZZ_SECONDS)) each'
	@echo 'make install      install under PREFIX ($(PREFIX)), below DESTDIR when it is set'
	@echo 'make uninstall    remove what install put there'
	@echo 'make dist         pack the sources into $(DIST)'
	@echo 'make deb          build the Debian package into $(BUILD)/deb/, make rpm the RPM into $(BUILD)/rpm/'
	@echo 'make format-check compare the layout of the sources with .clang-format'
	@echo 'make clean        remove build/'
	@echo 'CC=clang selects the compiler; CPPFLAGS, CFLAGS and LDFLAGS add to what it is given; WERROR=1'
	@echo 'makes its warnings errors, as .ci/run does. SANITIZE=address,undefined builds and checks the command'
	@echo 'and the unit tests with sanitizers, in a directory of their own.'

# --- building ---------------------------------------------------------------------------------

# Packages are named here; `installed`, which is for who runs more than the build, installs them.
packages: ; @.ci/install-packages --missing

# Files that change when the compiler or a flag does, or D3, so that what needs them is made again.
$(BUILD)/built-with: HOLDS = $(CC) $(CFLAGS) $(filter-out -Werror,$(COMMON)) $(SANITIZED) $(RECORDER_FLAGS) $(COMMAND_FLAGS)
$(BUILD)/html/with: HOLDS = $(D3)
$(BUILD)/built-with $(BUILD)/html/with: force | packages
	@mkdir -p $(@D) && echo '$(HOLDS)' | cmp -s - $@ || echo '$(HOLDS)' > $@

# These are not to be made calls of themselves.
$(call object,pic,preload/libc/string.c): RECORDER_FLAGS += -fno-builtin \
	$(if $(findstring clang,$(CC)),,-fno-tree-loop-distribute-patterns)

say = @mkdir -p $(@D) && echo '  $(1)'

$(BUILD)/obj/pic/%.o: % $(BUILD)/built-with
	$(call say,CC   $< (recorder))
	@$(CC) $(COMMON) $(CFLAGS) $(RECORDER_FLAGS) -c $< -o $@

$(BUILD)/obj/plain/%.o: % $(BUILD)/built-with
	$(call say,CC   $<)
	@$(CC) $(COMMON) -I$(BUILD)/html $(COMMAND_FLAGS) $(CFLAGS) $(QUICK) $(SANITIZED) -c $< -o $@

# Unit tests are many, and each is linked with all there is: half of the time that `make check` takes to
# build. Those of the recorder unwind their own code, also within the PLT, of which lld tells nothing. What
# is hardened cannot be without optimisation, nor does lld link what gcc left to the linker.
QUICK_TESTS := $(filter-out tests/unit/recorder/%,$(TEST_SOURCES))
$(call object,plain,$(QUICK_TESTS)): QUICK := $(if $(findstring FORTIFY,$(CPPFLAGS) $(CFLAGS)),,-O0)
$(addprefix $(BUILD)/tests/,$(notdir $(basename $(QUICK_TESTS)))): QUICK_LINK := $(if \
	$(findstring -flto,$(CFLAGS) $(LDFLAGS)),,$(if $(wildcard /usr/bin/ld.lld),-fuse-ld=lld))

# The descriptions of pool systems are embedded.
$(RECORDER_OBJECTS) $(PLAIN_OBJECTS): $(APIS)

# The page is embedded, too.
$(BUILD)/obj/plain/analyzer/html/page.S.o: $(BUILD)/html/after.html
$(BUILD)/html/after.html: $(PAGE_SOURCES) $(D3) $(BUILD)/html/with
	@echo '  PAGE $@$(if $(D3),, (empty: without Debian'"'"'s node-d3, lifeguard html draws nothing))'
	@analyzer/html/assemble '$(D3)' $(BUILD)/html

$(LIBRARY): $(RECORDER_OBJECTS)
	$(call say,LINK $@)
	@$(CC) $(CFLAGS) $(RECORDER_LINK) $(LDFLAGS) $^ -o $@

$(BUILD)/obj/preload.a: $(PLAIN_OBJECTS)
$(BUILD)/obj/analyzer.a: $(COMMAND_OBJECTS)
$(BUILD)/obj/helpers.a: $(HELPER_OBJECTS)
$(addprefix $(BUILD)/obj/,preload.a analyzer.a helpers.a):
	@rm -f $@
	@$(AR) qcs $@ $^

$(COMMAND): $(MAIN_OBJECT) $(BUILD)/obj/analyzer.a $(SHARED_OBJECTS)
$(FUZZ_SEEDS): $(call object,plain,$(addprefix tests/fuzz/,write_seeds.c sums_seeds.c sums_master.c)) \
		$(addprefix $(BUILD)/obj/,helpers.a analyzer.a) $(SHARED_OBJECTS)
$(COMMAND) $(FUZZ_SEEDS):
	$(call say,LINK $@)
	@$(CC) $(CFLAGS) $(SANITIZED) $(LDFLAGS) $^ $(COMMAND_LIBS) -o $@

$(COMPLETIONS): $(BUILD)/completion/%: analyzer/make-completion $(COMMAND)
	$(call say,MAKE $@)
	@analyzer/make-completion $* $(COMMAND) >$@

$(BUILD)/samples/poold: $(wildcard samples/poold/*.c)
$(filter-out $(BUILD)/samples/poold,$(SAMPLES)): $(BUILD)/samples/%: samples/%.c
$(SAMPLES): $(wildcard samples/poold/*.h) $(BUILD)/built-with
	$(call say,CC   $@)
	@$(CC) -std=gnu11 -Wall -Wextra $(if $(WERROR),-Werror) $(CPPFLAGS) -O2 -g -rdynamic $(LDFLAGS) $(filter %.c,$^) -o $@

tests: $(TESTS) $(ORACLES)

# One writes recordings by hand.
$(BUILD)/e2e/write_recording: tests/e2e/programs/write_recording.c $(addprefix $(BUILD)/obj/,helpers.a analyzer.a)
	$(call say,CC   $@)
	@$(CC) $(COMMON) $(CFLAGS) $(SANITIZED) $(LDFLAGS) $^ $(COMMAND_LIBS) -o $@

# Some with the sample daemon's pools.
$(filter $(BUILD)/e2e/host_%,$(ORACLES)): samples/poold/pool.c
$(BUILD)/e2e/%: tests/e2e/programs/%.c $(wildcard tests/e2e/programs/*.h) $(BUILD)/built-with
	$(call say,CC   $@)
	@$(CC) $(COMMON) -Isamples/poold $(CFLAGS) -rdynamic -pthread $(LDFLAGS) $(filter %.c,$^) -o $@

$(foreach test,$(TEST_SOURCES),$(eval $(BUILD)/tests/$(notdir $(basename $(test))): $(call object,plain,$(test))))
$(TESTS): $(addprefix $(BUILD)/obj/,helpers.a analyzer.a preload.a)
	$(call say,LINK $@)
	@$(CC) $(CFLAGS) $(SANITIZED) $(QUICK_LINK) $(LDFLAGS) $(filter %.o,$^) $(filter %.a,$^) $(TEST_LIBS) $(COMMAND_LIBS) -o $@

$(BUILD)/bench/tree_malloc: LEAF := -DLEAF_MALLOC
$(BUILD)/bench/tree_chunk: LEAF := -DLEAF_CHUNK
$(TREES): tests/bench/tree.c
$(filter-out $(TREES),$(BENCHED)): $(BUILD)/bench/%: tests/bench/%.c
$(BENCHED): $(wildcard tests/bench/*.h) tests/e2e/programs/pools.h $(BUILD)/built-with
	$(call say,CC   $@)
	@$(CC) $(COMMON) $(CFLAGS) $(LEAF) -rdynamic -pthread $(LDFLAGS) $(filter %.c,$^) -o $@

# Only under SANITIZE=fuzzer-no-link,... and clang: see tests/fuzz/run.
fuzzers: $(FUZZERS)

$(BUILD)/fuzz/%: $(BUILD)/obj/plain/tests/fuzz/%.c.o $(FUZZ_HELPERS) \
		$(addprefix $(BUILD)/obj/,helpers.a analyzer.a) $(SHARED_OBJECTS)
	$(call say,LINK $@)
	@$(CC) $(CFLAGS) $(SANITIZED) -fsanitize=fuzzer $(FUZZ_WRAPPED) $(LDFLAGS) $^ $(COMMAND_LIBS) -o $@

# Only under SANITIZE=thread: see tests/e2e/recorder/races.sh.
$(BUILD)/race/%: $(BUILD)/obj/plain/tests/race/%.c.o $(BUILD)/obj/preload.a
	$(call say,LINK $@)
	@$(CC) $(CFLAGS) $(SANITIZED) $(LDFLAGS) $^ -o $@

# --- using ------------------------------------------------------------------------------------

demo bench: installed
installed: ; @.ci/install-packages
check soak: tested-with
tested-with: ; @.ci/install-packages --check

demo:
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@BUILD=$(BUILD) samples/proftpd/demo

# The pictures in README.md, of what the demo recorded.
screenshots: demo
	@BUILD=$(BUILD) samples/proftpd/screenshots

check:
	@$(MAKE) --no-print-directory -j$$(nproc) all tests
	@BUILD=$(BUILD) tests/run $(LONGEST) $(filter-out $(LONGEST),$(CHECKS))

# The long versions of those tests that have one.
soak:
	@$(MAKE) --no-print-directory -j$$(nproc) all tests
	@SOAK=1 BUILD=$(BUILD) nice tests/run $(SOAKING)

bench:
	@$(MAKE) --no-print-directory -j$$(nproc) all $(BENCHED)
	@BUILD=$(BUILD) tests/bench/run $(BENCH)

fuzz: $(COMMAND) $(LIBRARY) $(SAMPLES) $(FUZZ_SEEDS)
	@BUILD=$(BUILD) tests/fuzz/run $(FUZZ_SECONDS)

format-check:
	@clang-format --dry-run -Werror $(FORMATTED)

# Where, below PREFIX, the manual's page $(1) is installed.
manual = share/man/man$(patsubst .%,%,$(suffix $(1)))/$(notdir $(1))

install: all
	install -D -m 755 $(COMMAND) $(DESTDIR)$(PREFIX)/bin/lifeguard
	install -D -m 644 $(LIBRARY) $(DESTDIR)$(PREFIX)/lib/lifeguard/liblifeguard.so
	install -D -m 644 analyzer/completion.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/lifeguard
	install -D -m 644 $(BUILD)/completion/zsh $(DESTDIR)$(PREFIX)/$(ZSH_COMPLETIONS)/_lifeguard
	install -D -m 644 $(BUILD)/completion/fish $(DESTDIR)$(PREFIX)/$(FISH_COMPLETIONS)/lifeguard.fish
	install -D -m 644 analyzer/render/report.schema.json $(DESTDIR)$(PREFIX)/share/lifeguard/report.schema.json
	set -e; $(foreach page,$(MAN),install -D -m 644 $(page) $(DESTDIR)$(PREFIX)/$(call manual,$(page));)

uninstall:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,bin/lifeguard lib/lifeguard/liblifeguard.so \
		share/bash-completion/completions/lifeguard $(ZSH_COMPLETIONS)/_lifeguard $(FISH_COMPLETIONS)/lifeguard.fish \
		share/lifeguard/report.schema.json $(foreach page,$(MAN),$(call manual,$(page))))
	-rmdir $(addprefix $(DESTDIR)$(PREFIX)/,lib/lifeguard share/lifeguard)

dist:
	@packaging/dist $(VERSION) $(DIST)
	@echo $(DIST)

deb: dist
	@packaging/deb $(DIST) $(BUILD)/deb

rpm: dist
	@packaging/rpm $(DIST) $(BUILD)/rpm

clean:
	rm -rf build

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
