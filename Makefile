# SPDX-License-Identifier: ISC
#
# Needs a C11 compiler, GNU make, pkg-config, OpenSSL 3, tinycdb, libseccomp,
# c-ares.
# CC, CFLAGS, CPPFLAGS, LDFLAGS, PREFIX and DESTDIR are yours: what the
# program itself needs is in variables of its own, before yours.
#
#	WERROR=1      warnings are errors
#	SANITIZE=...  -fsanitize=...; without the jail, which would kill it
#	BUILD=DIR     everything that is made goes there
#	OPENSSL=shared  do not link OpenSSL in; see our_libs

PREFIX ?= /usr/local
BUILD ?= build
CFLAGS ?= -O2 -g
CC_FOR_BUILD ?= $(CC)
PKG_CONFIG ?= pkg-config
INSTALL ?= install

bindir = $(PREFIX)/bin
libexecdir = $(PREFIX)/libexec/tlsshim
mandir = $(PREFIX)/share/man
docdir = $(PREFIX)/share/doc/tlsshim
unitdir = $(PREFIX)/lib/systemd/system
sysusersdir = $(PREFIX)/lib/sysusers.d
tmpfilesdir = $(PREFIX)/lib/tmpfiles.d

VERSION := $(strip $(file <VERSION))

# ---------------------------------------------------------------- flags

# $(call try,FLAGS): FLAGS if compiler and libc take them without a word
hash := \#
try = $(shell echo '$(hash)include <features.h>' | $(CC) $(CFLAGS) -Werror \
    $(1) -x c -c -o /dev/null - 2>/dev/null && echo '$(1)')

# UBSan's own code makes -Wconversion see what is not there
warn := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
    -Wvla -Wformat=2 $(if $(SANITIZE),,-Wconversion $(if $(WERROR),-Werror))
harden := -fPIE -fstack-protector-strong \
    $(call try,-fstack-clash-protection) $(call try,-fcf-protection)
# a packager's own choice of level counts; ASan has its own checks
ifeq ($(findstring FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS))$(SANITIZE),)
harden += $(or $(call try,-D_FORTIFY_SOURCE=3),$(call try,-D_FORTIFY_SOURCE=2))
endif
sanitize := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer \
    -fno-sanitize-recover=all)

libs := libssl libcrypto libcdb
# from our program to what it starts: both move with PREFIX
libexec_from_bin := $(shell realpath -m --relative-to=$(bindir) $(libexecdir))
our_cppflags := -D_GNU_SOURCE -DSHIM_VERSION='"$(VERSION)"' \
    -DSHIM_LIBEXEC='"$(libexec_from_bin)"' -Ishim -Inames -Iruletool -I$(BUILD) \
    $(shell $(PKG_CONFIG) --cflags $(libs) libcares)
our_cflags := -std=c11 $(warn) $(harden) $(sanitize)
# bound at start: measured, it costs no more than binding lazily
our_ldflags := -pie -Wl,-z,relro,-z,now -Wl,--as-needed -Wl,-O1 \
    -Wl,--hash-style=gnu $(sanitize)
# A connection starts the program anew: loading OpenSSL's two shared libraries
# would be a seventh of its CPU, tinycdb's more than its use.  So they are
# linked in, where their archives are there.  Who packages, and has OpenSSL's
# security updates come by themselves, takes OPENSSL=shared.
static_openssl := -Wl,-Bstatic -lssl -lcrypto -Wl,-Bdynamic
ifndef OPENSSL
# archives that need further libraries (Debian 13's: zstd) are none to us
OPENSSL := $(shell echo 'int SSL_CTX_new(int); int main(void) \
    { return (SSL_CTX_new(0)); }' | $(CC) -w -x c -o /dev/null - \
    $(static_openssl) 2>/dev/null && echo static || echo shared)
endif
shared_libs := -lcrypto -lssl -Wl,-Bstatic -lcdb -Wl,-Bdynamic
static_libs := $(static_openssl) -Wl,-Bstatic -lcdb -Wl,-Bdynamic
our_libs := $(or $($(OPENSSL)_libs),$(error OPENSSL: $(OPENSSL): want static or shared))

names_libs := $(shell $(PKG_CONFIG) --libs libcares)

compile = $(CC) $(our_cppflags) $(CPPFLAGS) $(our_cflags) $(CFLAGS) -MMD -MP -c
link = $(CC) $(our_cflags) $(CFLAGS) $(our_ldflags) $(LDFLAGS)

# -------------------------------------------------------------- sources

object = $(patsubst %.c,$(BUILD)/%.o,$(1))
all_objects := $(call object,$(wildcard shim/*.c))
main_object := $(BUILD)/shim/main.o
# the same program with and without the jail: valgrind, callgrind and the
# sanitizers need calls that the jail forbids
jailed := $(filter-out $(BUILD)/shim/jail_none.o,$(all_objects))
unjailed := $(filter-out $(BUILD)/shim/jail.o,$(all_objects))
shim_objects := $(if $(SANITIZE),$(unjailed),$(jailed))

# tlsshim-names: a program of its own, so that only it has c-ares
names_objects := $(filter-out $(if $(SANITIZE),%/confine.o,%/confine_none.o), \
    $(call object,$(wildcard names/*.c)))
names_shared := $(call object,$(addprefix shim/,deadline.c names_answer.c \
    server_name.c))

# tlsshim-rules: reads rules as the KEEPER does, with the same objects
rules_objects := $(call object,$(wildcard ruletool/*.c))
rules_main := $(BUILD)/ruletool/main.o

unit_tests := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/*_test.c))
test_tools := $(patsubst tests/tools/%.c,$(BUILD)/tests/%,$(wildcard tests/tools/*.c))
jail_tools := $(if $(SANITIZE),,$(filter $(BUILD)/tests/jail-%,$(test_tools)))
other_tools := $(filter-out $(BUILD)/tests/jail-%,$(test_tools))
test_programs := $(unit_tests) $(jail_tools) $(other_tools) \
    $(if $(SANITIZE),,$(BUILD)/nojail/tlsshim)
fuzzers := $(patsubst fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard fuzz/*.c))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules

all: $(addprefix $(BUILD)/,tlsshim tlsshim-names tlsshim-rules) ## build the programs

$(BUILD)/tlsshim: $(shim_objects)
	$(link) -o $@ $^ $(our_libs)

$(BUILD)/tlsshim-names: $(names_objects) $(names_shared)
	$(link) -o $@ $^ $(names_libs)

$(BUILD)/tlsshim-rules: $(rules_objects) $(BUILD)/lib/shim.a
	$(link) -o $@ $^ $(our_libs)

$(BUILD)/nojail/tlsshim: $(unjailed)
	@mkdir -p $(@D)
	$(link) -o $@ $^ $(our_libs)

$(BUILD)/shim/%.o: shim/%.c VERSION
	@mkdir -p $(@D)
	$(compile) -o $@ $<

$(BUILD)/names/%.o: names/%.c VERSION
	@mkdir -p $(@D)
	$(compile) -o $@ $<

$(BUILD)/ruletool/%.o: ruletool/%.c VERSION
	@mkdir -p $(@D)
	$(compile) -o $@ $<

# the seccomp filters as BPF, so that libseccomp is not loaded when we run
$(BUILD)/shim/jail.o: | $(BUILD)/seccomp_filter.h
$(BUILD)/names/confine.o: | $(BUILD)/names/seccomp_filter.h

$(BUILD)/seccomp_filter.h: $(BUILD)/tools/seccomp-compile
	$< $@

$(BUILD)/names/seccomp_filter.h: $(BUILD)/tools/seccomp-compile-names
	@mkdir -p $(@D)
	$< $@

compile_filter = $(CC_FOR_BUILD) -std=c11 -D_GNU_SOURCE $(warn) -O1 -I$(<D) \
    -o $@ tools/seccomp-compile.c $$($(PKG_CONFIG) --cflags --libs libseccomp)

$(BUILD)/tools/seccomp-compile: shim/seccomp.def tools/seccomp-compile.c
	@mkdir -p $(@D)
	$(compile_filter)

$(BUILD)/tools/seccomp-compile-names: names/seccomp.def tools/seccomp-compile.c
	@mkdir -p $(@D)
	$(compile_filter)

$(BUILD)/tests/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(compile) -Itests/unit -o $@ $<

$(BUILD)/tests/%.o: tests/tools/%.c
	@mkdir -p $(@D)
	$(compile) -Itests/tools -o $@ $<

$(unit_tests) $(other_tools): $(BUILD)/tests/%: $(BUILD)/tests/%.o \
    $(BUILD)/tests/unjailed.a
	$(link) -o $@ $^ $(shared_libs)

$(jail_tools): $(BUILD)/tests/%: $(BUILD)/tests/%.o $(BUILD)/tests/jailed.a
	$(link) -o $@ $^ $(shared_libs)

$(BUILD)/fuzz/%.o: fuzz/%.c
	@mkdir -p $(@D)
	$(compile) -o $@ $<

$(fuzzers): $(BUILD)/fuzz/%: $(BUILD)/fuzz/%.o $(BUILD)/tests/unjailed.a
	$(link) -fsanitize=fuzzer -o $@ $^ $(shared_libs)

$(BUILD)/tests/unjailed.a: $(filter-out $(main_object),$(unjailed)) \
    $(call object,names/ident_reply.c names/end.c) \
    $(filter-out $(rules_main),$(rules_objects))
$(BUILD)/tests/jailed.a: $(filter-out $(main_object),$(jailed))
$(BUILD)/lib/shim.a: $(filter-out $(main_object),$(shim_objects))
$(BUILD)/%.a:
	@mkdir -p $(@D)
	rm -f $@
	$(AR) rcs $@ $^

-include $(wildcard $(BUILD)/shim/*.d $(BUILD)/names/*.d \
    $(BUILD)/ruletool/*.d $(BUILD)/tests/*.d $(BUILD)/fuzz/*.d)

# ---------------------------------------------------------------- tests

tap = BUILD=$(BUILD) SANITIZE=$(SANITIZE) tests/run

check: check-unit check-integration check-attack ## unit, integration and attack tests

test-programs: all $(test_programs)

check-unit: $(unit_tests) ## small C programs with named cases
	@$(tap) unit

check-integration: test-programs ## the program under its starters, with real clients
	@$(tap) integration

check-attack: test-programs ## hostile peers and hostile inner processes
	@$(tap) attack

check-scripts: ## the scripts that are installed: keys, staples, certificates
	@$(tap) scripts

fuzz: ## the fuzzers of fuzz/, by clang's libFuzzer: build/fuzz/fuzz/*
	$(MAKE) BUILD=$(BUILD)/fuzz CC=clang OPENSSL=shared CFLAGS='-O1 -g' \
	    SANITIZE=fuzzer-no-link,address,undefined fuzzers

fuzzers: $(fuzzers)

check-fuzz: fuzz all test-programs ## each of them for a short time; FUZZ_SECONDS
	@$(tap) fuzz

check-system: test-programs ## the shipped units under a real systemd (root)
	@$(tap) system

check-docs: test-programs ## documents against the tables and the tree
	@$(tap) docs

lint: export FLAGS = -std=c11 $(our_cppflags) $(warn) -Itests/unit -Itests/tools
lint: $(BUILD)/seccomp_filter.h $(BUILD)/names/seccomp_filter.h ## formatter, analysers, shell, manual pages, units; absent tools are told
	@$(tap) lint

headers: ## each header compiles alone
	set -e; for h in shim/*.h names/*.h ruletool/*.h; do \
	    $(CC) -std=c11 $(our_cppflags) $(warn) -Werror -fsyntax-only \
	    -x c $$h; done

docs: docs/processes.svg docs/proxy.svg ## pictures from their text sources (graphviz)

docs/%.svg: docs/%.dot
	dot -Tsvg -o $@ $<

format: ## the code as lint wants it
	clang-format -i $(wildcard shim/*.[ch] names/*.[ch] ruletool/*.[ch] \
	    tests/*/*.[ch] tools/*.[ch] bench/*.[ch] fuzz/*.[ch])

sanitize: ## ASan and UBSan over unit and integration tests, then valgrind
	$(MAKE) BUILD=$(BUILD)/asan SANITIZE=address,undefined check-unit check-integration
	$(MAKE) check-valgrind

check-valgrind: test-programs ## memory and descriptors of a connection, by valgrind
	@$(tap) valgrind

bench: all $(BUILD)/nojail/tlsshim ## speed beside its peers
	$(MAKE) BUILD=$(BUILD)/shared OPENSSL=shared $(BUILD)/shared/tlsshim
	bench/run

# -------------------------------------------------------------- install

pages := $(wildcard docs/*.8)
formats := $(wildcard docs/*.5)
units := $(wildcard units/*.socket units/*.service units/*.timer)
helpers := $(addprefix scripts/,rotate-ticket-keys fetch-ocsp deploy-hook)
texts := $(wildcard README.md NEWS LICENSE docs/*.md docs/*.svg)
examples := $(wildcard units/examples/*)
rules := $(wildcard rules/*)

install: all ## install below $(DESTDIR)$(PREFIX)
	$(INSTALL) -d $(addprefix $(DESTDIR),$(bindir) $(libexecdir) $(unitdir) \
	    $(sysusersdir) $(tmpfilesdir) $(docdir)/examples/rules \
	    $(mandir)/man5 $(mandir)/man8)
	$(INSTALL) -m 755 $(BUILD)/tlsshim $(BUILD)/tlsshim-rules \
	    $(DESTDIR)$(bindir)/
	$(INSTALL) -m 755 $(helpers) $(BUILD)/tlsshim-names \
	    $(DESTDIR)$(libexecdir)/
	$(INSTALL) -m 644 scripts/files.sh $(DESTDIR)$(libexecdir)/
	set -e; for f in $(units); do \
	    sed 's|@bindir@|$(bindir)|g; s|@libexecdir@|$(libexecdir)|g' $$f \
	        >$(DESTDIR)$(unitdir)/$${f##*/}; \
	    chmod 644 $(DESTDIR)$(unitdir)/$${f##*/}; done
	set -e; for f in $(pages); do \
	    $(INSTALL) -m 644 $$f $(DESTDIR)$(mandir)/man8/; done
	set -e; for f in $(formats); do \
	    $(INSTALL) -m 644 $$f $(DESTDIR)$(mandir)/man5/; done
	set -e; for f in $(texts); do \
	    $(INSTALL) -m 644 $$f $(DESTDIR)$(docdir)/; done
	set -e; for f in $(examples); do \
	    $(INSTALL) -m 644 $$f $(DESTDIR)$(docdir)/examples/; done
	set -e; for f in $(rules); do \
	    $(INSTALL) -m 644 $$f $(DESTDIR)$(docdir)/examples/rules/; done
	chmod 755 $(DESTDIR)$(docdir)/examples/rules/country-rules
	$(INSTALL) -m 644 units/tlsshim.sysusers $(DESTDIR)$(sysusersdir)/tlsshim.conf
	$(INSTALL) -m 644 units/tlsshim.tmpfiles $(DESTDIR)$(tmpfilesdir)/tlsshim.conf

uninstall: ## remove what install put there
	rm -f $(addprefix $(DESTDIR)$(bindir)/,tlsshim tlsshim-rules) \
	    $(addprefix $(DESTDIR)$(unitdir)/,$(notdir $(units))) \
	    $(addprefix $(DESTDIR)$(mandir)/man8/,$(notdir $(pages))) \
	    $(addprefix $(DESTDIR)$(mandir)/man5/,$(notdir $(formats))) \
	    $(DESTDIR)$(sysusersdir)/tlsshim.conf \
	    $(DESTDIR)$(tmpfilesdir)/tlsshim.conf
	rm -rf $(DESTDIR)$(docdir) $(DESTDIR)$(libexecdir)

clean: ## remove what was built
	rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1	\2/p' Makefile | \
	    while IFS='	' read -r name what; do \
	    printf '%-18s %s\n' "$$name" "$$what"; done

.PHONY: all check test-programs check-unit check-integration check-attack \
    check-scripts check-system check-docs check-valgrind lint headers docs format sanitize bench \
    fuzz fuzzers check-fuzz \
    install uninstall clean help
