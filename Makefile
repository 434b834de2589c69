# The targets of this tree. "make" alone lists them.

GO       ?= go
FUZZTIME ?= 20000x
DURATION ?= 10s
PREFIX   ?= /usr/local
SYSCONF  ?= /etc
DESTDIR  ?=
PORTAUDIO ?=
BUILT    ?= bin
PROGRAM  ?= $(BUILT)/loopbridge

# KERNEL is the kernel for the laboratory: a Debian package or the path of one.
ifneq ($(KERNEL),)
export LOOPBRIDGE_HWTEST_KERNEL := $(if $(findstring /,$(KERNEL))$(filter %.deb,$(KERNEL)),$(abspath $(KERNEL)),$(KERNEL))
endif

# The version is in one place, the file VERSION. Between releases it ends in ~dev, and gets the
# time and the number of the commit: dpkg and rpm sort it after earlier commits, before the release.
ifneq ($(origin VERSION),command line)
VERSION := $(shell cat VERSION)
ifneq ($(and $(filter %~dev,$(VERSION)),$(wildcard .git)),)
git := git -c safe.directory='*'
VERSION := $(VERSION)$(shell TZ=UTC $(git) log -1 --abbrev=12 --date=format-local:%Y%m%d%H%M%S --format=.%cd.g%h 2>/dev/null && \
	{ $(git) diff --quiet HEAD || echo .dirty; })
VERSION := $(subst $(empty) $(empty),,$(VERSION))
endif
endif
# What has the version built in depends on this file.
$(shell mkdir -p $(BUILT) && { echo '$(VERSION)' | cmp -s - $(BUILT)/version || echo '$(VERSION)' >$(BUILT)/version; })

# go needs no git of its own.
export GOFLAGS := $(GOFLAGS) -buildvcs=false

.PHONY: help build plugin plugin32 run test deps vet unit fuzz lint bench bench-resample side-by-side hwtest hwtest-vm install install-plugin uninstall \
	version packages packages-check container clean

help:
	@echo 'make build      bin/loopbridge, a static binary; with PORTAUDIO=1 one that can use PortAudio'
	@echo 'make plugin     the ALSA plugins; needs alsa-lib (Debian: libasound2-dev)'
	@echo 'make plugin32   the same for 32-bit programs (Debian: .ci/deps 32bit installs what it needs)'
	@echo 'make run        build, then start a daemon with four loops; needs no root and no sound card'
	@echo 'make test       install what the tests need, then run all of them   (FUZZTIME=20000x inputs per fuzz target)'
	@echo 'make lint       gofmt, vet, staticcheck, cross build, the rules of the tree'
	@echo 'make fuzz       only the fuzz targets, one after the other          (FUZZTIME=1000000x)'
	@echo 'make bench      benchmarks, and daemons that carry 1 to 1000 pairs (DURATION=10s)'
	@echo 'make bench-resample  quality and cost of the resampler, compared with libsamplerate, soxr and speexdsp'
	@echo 'make side-by-side    loopbridge compared with PulseAudio and PipeWire, with the same aplay and arecord'
	@echo 'make hwtest     a real sound card, or all of them silently  (CARD=hw:0)'
	@echo 'make hwtest-vm  emulated sound cards in a virtual machine; make test does so too  (CASES=DAC/plays: only these)'
	@echo '                their kernel: KERNEL=linux-image-6.1.0-48-amd64, or the path of a package; default: the newest of Debian'
	@echo 'make install    into PREFIX=/usr/local, below DESTDIR; make uninstall removes it'
	@echo 'make packages   bin/packages: .deb, .rpm and a tarball for amd64 and arm64; .ci/deps packages installs what it needs'
	@echo '                (ARCHES=amd64 FORMATS=deb: only these); make packages-check checks them with lintian and rpm'
	@echo 'make container  an image for podman, from no other image'
	@echo 'make clean      remove what was built'

# Build and run.

# STRIP='-s -w' leaves out what only a debugger reads; a panic stays readable.
STRIP   ?=
LINKED  = -ldflags '$(STRIP) -X main.version=$(VERSION)'

ifeq ($(PORTAUDIO),)
build:
	@mkdir -p $(dir $(PROGRAM))
	CGO_ENABLED=0 $(GO) build -trimpath -o $(PROGRAM) $(LINKED) ./cmd/loopbridge
else
# PortAudio is not linked but loaded when a device needs it, so a daemon runs without it. The
# definition is for go, whose cache knows the flags of C but not the files of pkg-config.
build:
	@mkdir -p $(dir $(PROGRAM))
	@echo '#include <portaudio.h>' | $(CC) -E - >/dev/null && command -v pkg-config >/dev/null || \
		{ echo 'PortAudio needs its header, a C compiler and pkg-config (Debian: portaudio19-dev gcc libc6-dev pkg-config)'; exit 1; }
	CGO_ENABLED=1 PKG_CONFIG_PATH='$(CURDIR)/backend/portaudio/pkgconfig' CGO_CFLAGS='-O2 -g -DLOOPBRIDGE_LOADS_PORTAUDIO' \
		$(GO) build -buildmode=pie -tags portaudio -trimpath -o $(PROGRAM) $(LINKED) ./cmd/loopbridge
endif

# The alsa-lib plugins for sound and for mixers. They are optional.

PLUGIN   = libasound_module_pcm_loopbridge.so
MIXER    = libasound_module_ctl_loopbridge.so
SOURCES  = $(wildcard plugin/alsa/*.c)
CONTROLS = $(wildcard plugin/alsa/ctl/*.c) $(addprefix plugin/alsa/,conn.c find.c signals.c text.c version.c)
WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion
CFLAGS  ?= -O2 -g

# The folder of the libasound for some compiler flags; empty: none.
beside = $(patsubst %/,%,$(dir $(realpath $(shell $(CC) $(1) -print-file-name=libasound.so 2>/dev/null))))
# Not empty if 32-bit programs for alsa-lib can be built.
THIRTYTWO = $(and $(call beside,-m32),$(shell echo '\#include <alsa/asoundlib.h>' | $(CC) -m32 -E - >/dev/null 2>&1 && echo yes))

plugin: $(BUILT)/$(PLUGIN) $(BUILT)/$(MIXER)

# For 32-bit programs on a 64-bit machine: Wine, Steam, old games. -Wno-psabi silences a note of gcc
# about releases before 11; the layout is tested.
plugin32: $(BUILT)/32/$(PLUGIN) $(BUILT)/32/$(MIXER)

$(BUILT)/32/%: WORD = -m32 -Wno-psabi

$(BUILT)/$(PLUGIN) $(BUILT)/32/$(PLUGIN): $(SOURCES)
$(BUILT)/$(MIXER) $(BUILT)/32/$(MIXER): $(CONTROLS)
$(BUILT)/$(PLUGIN) $(BUILT)/$(MIXER) $(BUILT)/32/$(PLUGIN) $(BUILT)/32/$(MIXER): $(wildcard plugin/alsa/*.h plugin/alsa/ctl/*.h) $(BUILT)/version
	@mkdir -p $(@D)
	@test -n '$(if $(WORD),$(THIRTYTWO),$(call beside))' || { \
		echo 'the ALSA plugins need alsa-lib and a compiler (Debian: libasound2-dev gcc libc6-dev; for make plugin32 .ci/deps 32bit)'; exit 1; }
	$(CC) -std=gnu11 $(WARNINGS) $(CFLAGS) $(WORD) -fPIC -DPIC -DLOOPBRIDGE_VERSION='"$(VERSION)"' -fvisibility=hidden -shared \
		-Wl,--no-undefined $(LDFLAGS) -o $@ $(filter %.c,$^) -lasound

run: build
	@exec bin/loopbridge serve

# Test. The full output is in bin/test.log, the skipped tests in bin/skipped; deps writes what
# could not be installed to bin/untested. unit needs no virtual machine.

test:
	@GO='$(GO)' FUZZTIME='$(FUZZTIME)' .ci/test

deps:
	@.ci/deps

vet:
	$(GO) vet ./...

unit:
	@GO='$(GO)' .ci/unit

fuzz:
	@GO='$(GO)' FUZZTIME='$(FUZZTIME)' .ci/fuzz

# Lint.

lint: vet
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "run gofmt -w on:"; echo "$$unformatted"; exit 1; }
	$(GO) tool staticcheck ./...
	@if echo '#include <portaudio.h>' | $(CC) -E - >/dev/null 2>&1 && pkg-config --exists portaudio-2.0 2>/dev/null; then \
		echo '$(GO) tool staticcheck -tags portaudio ./backend/portaudio ./cmd/...'; \
		$(GO) tool staticcheck -tags portaudio ./backend/portaudio ./cmd/... || exit 1; \
	else echo '*** NOT CHECKED: backend/portaudio, portaudio19-dev or pkg-config is missing'; fi
	GOARCH=arm64 CGO_ENABLED=0 $(GO) build ./...
	@if echo '#include <alsa/asoundlib.h>' | $(CC) -E - >/dev/null 2>&1; then \
		echo '$(CC) -Werror plugin/alsa/*.c plugin/alsa/ctl/*.c'; \
		for sources in "$(SOURCES)" "$(CONTROLS)"; do \
			$(CC) -std=gnu11 $(WARNINGS) -Werror -O2 -fPIC -DPIC -fanalyzer -shared -o /dev/null $$sources -lasound || exit 1; \
			test -z '$(THIRTYTWO)' || $(CC) -m32 -Wno-psabi -std=gnu11 $(WARNINGS) -Werror -O2 -fPIC -DPIC -shared -o /dev/null $$sources -lasound || exit 1; \
		done; \
		test -n '$(THIRTYTWO)' || echo '*** NOT CHECKED: plugin/alsa with -m32; .ci/deps 32bit installs what it needs'; \
	else echo '*** NOT CHECKED: plugin/alsa, libasound2-dev is missing'; fi
	$(GO) test -count=1 .

# Measurements. They depend on the machine, so no test asserts them.

bench: build
	$(GO) test -run '^$$' -bench . -benchmem ./...
	bin/loopbridge bench pairs --pairs 1    --duration $(DURATION) --period 10ms --json
	bin/loopbridge bench pairs --pairs 200  --duration $(DURATION) --period 10ms --json
	bin/loopbridge bench pairs --pairs 1000 --duration $(DURATION) --period 10ms --json
	bin/loopbridge bench pairs --pairs 16   --duration $(DURATION) --period 1ms  --json

# Comparisons with other software, which is installed for it. Not part of the product.

bench-resample:
	@.ci/deps reference
	CGO_ENABLED=1 $(GO) build -tags reference -o bin/loopbridge-reference ./cmd/loopbridge
	bin/loopbridge-reference bench resample

side-by-side:
	@.ci/deps peers
	bench/side-by-side

# Sound cards. The report is also in bin/hwtest.json.

CARD ?= all

hwtest:
	@cat /proc/asound/cards 2>/dev/null || echo 'this machine has no sound cards'
	@GO='$(GO)' .ci/hwtest '$(CARD)'

hwtest-vm: deps
	@GO='$(GO)' .ci/hwtest machine '$(CASES)'

# Install and uninstall keep an existing configuration.

BIN   = $(DESTDIR)$(PREFIX)/bin
# Units of the machine, and of a user's session.
UNITS     = $(wildcard configs/*.service configs/*.socket)
USERUNITS = $(wildcard configs/user/*.service configs/user/*.socket)
UNIT      = $(DESTDIR)$(PREFIX)/lib/systemd/system
USERUNIT  = $(DESTDIR)$(PREFIX)/lib/systemd/user
# Who may make device nodes, and use them.
RULES     = $(DESTDIR)$(PREFIX)/lib/udev/rules.d/60-loopbridge.rules
SYSUSERS  = $(DESTDIR)$(PREFIX)/lib/sysusers.d/loopbridge.conf
SHARE = $(DESTDIR)$(PREFIX)/share
ETC   = $(DESTDIR)$(SYSCONF)/loopbridge

# alsa-lib loads plugins from a folder beside itself, whatever PREFIX is: one for each word size.
ALSALIB   ?= $(addsuffix /alsa-lib,$(call beside))
ALSALIB32 ?= $(addsuffix /alsa-lib,$(call beside,-m32))
ALSACONF = $(DESTDIR)$(SYSCONF)/alsa/conf.d

# Where shells look for completions; zsh of Debian looks elsewhere below /usr.
BASHCOMPLETE = $(SHARE)/bash-completion/completions
ZSHCOMPLETE ?= $(PREFIX)/share/zsh/site-functions
FISHCOMPLETE = $(SHARE)/fish/vendor_completions.d
# The program that prints them: one for this machine, whatever is installed.
COMPLETER ?= $(PROGRAM)

install: build
	@if test -e $(BUILT)/$(PLUGIN); then $(MAKE) --no-print-directory install-plugin; \
	else echo 'without the ALSA plugin: "make plugin" builds it, and needs libasound2-dev'; fi
	install -D -m 755 $(PROGRAM) $(BIN)/loopbridge
	@for unit in $(UNITS:%=%:$(UNIT)) $(USERUNITS:%=%:$(USERUNIT)); do \
		install -d "$${unit#*:}" && name="$${unit%%:*}" && echo "install $$name $${unit#*:}" && \
		sed 's,/usr/local/,$(PREFIX)/,g; s,/etc/loopbridge,$(SYSCONF)/loopbridge,g' "$$name" >"$${unit#*:}/$${name##*/}" && \
		chmod 644 "$${unit#*:}/$${name##*/}" || exit 1; done
	install -D -m 644 configs/udev/60-loopbridge.rules $(RULES)
	install -D -m 644 configs/sysusers/loopbridge.conf $(SYSUSERS)
	install -d $(SHARE)/doc/loopbridge/configs $(SHARE)/doc/loopbridge/docs/img $(ETC)
	install -m 644 README.md CHANGELOG.md SECURITY.md LICENSE $(SHARE)/doc/loopbridge
	@for file in $(filter-out $(UNITS) %.wav,$(wildcard configs/*)); do \
		test ! -f "$$file" || install -m 644 "$$file" $(SHARE)/doc/loopbridge/configs || exit 1; done
	install -m 644 docs/*.md $(SHARE)/doc/loopbridge/docs
	install -m 644 docs/img/* $(SHARE)/doc/loopbridge/docs/img
	test -e $(ETC)/loopbridge.toml || install -m 644 configs/loopbridge.toml $(ETC)/loopbridge.toml
	@for page in man/*.[1-8]; do test ! -e "$$page" || { to="$(SHARE)/man/man$${page##*.}" && install -d "$$to" && \
		sed '/^\.TH/s/"loopbridge"/"loopbridge $(VERSION)"/' "$$page" >"$$to/$${page##*/}" && \
		chmod 644 "$$to/$${page##*/}"; } || exit 1; done
	install -d $(BASHCOMPLETE) $(DESTDIR)$(ZSHCOMPLETE) $(FISHCOMPLETE)
	$(COMPLETER) completion bash >$(BASHCOMPLETE)/loopbridge
	$(COMPLETER) completion zsh >$(DESTDIR)$(ZSHCOMPLETE)/_loopbridge
	$(COMPLETER) completion fish >$(FISHCOMPLETE)/loopbridge.fish

# The configuration names the libraries without a path, so that programs of each word size find
# their own. It is installed last and removed first. EARLIER is where older releases put the libraries.
EARLIER = $(PREFIX)/lib/alsa-lib
# Plugins built for 32-bit programs are updated, too: both use one daemon.
install-plugin: plugin $(if $(wildcard $(BUILT)/32/$(PLUGIN)),plugin32)
	@test -n '$(ALSALIB)' || { echo 'the plugin folder of alsa-lib is unknown: name it with ALSALIB='; exit 1; }
	install -D -m 644 $(BUILT)/$(PLUGIN) $(DESTDIR)$(ALSALIB)/$(PLUGIN)
	install -D -m 644 $(BUILT)/$(MIXER) $(DESTDIR)$(ALSALIB)/$(MIXER)
	@if test -e $(BUILT)/32/$(PLUGIN) && test -n '$(ALSALIB32)'; then \
		echo 'install for 32-bit programs: $(DESTDIR)$(ALSALIB32)'; \
		install -D -m 644 $(BUILT)/32/$(PLUGIN) $(DESTDIR)$(ALSALIB32)/$(PLUGIN) && \
		install -D -m 644 $(BUILT)/32/$(MIXER) $(DESTDIR)$(ALSALIB32)/$(MIXER); \
	else echo 'without the plugins for 32-bit programs: "make plugin32" builds them'; fi
	install -D -m 644 plugin/alsa/50-loopbridge.conf $(ALSACONF)/50-loopbridge.conf
	@test '$(EARLIER)' = '$(ALSALIB)' || rm -f $(DESTDIR)$(EARLIER)/$(PLUGIN) $(DESTDIR)$(EARLIER)/$(MIXER)

uninstall:
	rm -f $(ALSACONF)/50-loopbridge.conf
	@for lib in '$(ALSALIB)' '$(ALSALIB32)' '$(EARLIER)'; do \
		test -z "$$lib" || rm -f $(DESTDIR)"$$lib"/$(PLUGIN) $(DESTDIR)"$$lib"/$(MIXER) || exit 1; done
	rm -f $(foreach lib,lib lib32 lib64 lib/*-linux-gnu*,$(DESTDIR)/usr/$(lib)/alsa-lib/$(PLUGIN) $(DESTDIR)/usr/$(lib)/alsa-lib/$(MIXER))
	rm -f $(BIN)/loopbridge $(addprefix $(UNIT)/,$(notdir $(UNITS))) $(addprefix $(USERUNIT)/,$(notdir $(USERUNITS)))
	rm -f $(RULES) $(SYSUSERS)
	rm -f $(BASHCOMPLETE)/loopbridge $(DESTDIR)$(ZSHCOMPLETE)/_loopbridge $(FISHCOMPLETE)/loopbridge.fish
	@for page in man/*.[1-8]; do rm -f "$(SHARE)/man/man$${page##*.}/$${page##*/}"; done
	rm -rf $(SHARE)/doc/loopbridge

# Packages: packaging/Makefile makes them of what install installs.

version:
	@echo '$(VERSION)'

packages packages-check container:
	@$(MAKE) --no-print-directory -f packaging/Makefile $@ VERSION='$(VERSION)' SERVICES='$(notdir $(filter-out %@.socket %@.service,$(filter %.socket,$(UNITS)) $(filter %.service,$(UNITS))))'

clean:
	rm -rf bin
