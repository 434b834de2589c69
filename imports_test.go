package loopbridge_test

import (
	"slices"
	"strings"
	"testing"
)

// layer is a package and all that it may import of this module, outside of its
// tests.
type layer struct {
	pkg, imports string
	reason       string
}

// layers is policy, from the bottom to the top: imports point down. If a build
// needs a line changed, first ask whether the code is in the wrong package.
func layers() []layer {
	return []layer{
		{"audio/internal/bits", "", "text of values, below all that has some"},
		{"audio", "audio/internal/bits", "the words that all others share"},
		{"audio/state", "audio audio/internal/bits", "the state of audio(7I), whoever has one"},
		{"audio/wav", "audio", "files of sound, whoever wants them"},
		{"audio/flac", "audio", "as wav"},
		{"resample", "audio", "arithmetic on blocks"},
		{"resample/resampletest", "audio", "measures any resampler, so it must not pull one in"},
		{"resample/reference", "resample/resampletest", "the resamplers of others, to be measured; built on demand only"},
		{"mixer", "audio", "arithmetic on blocks"},
		{"mixer/metering", "audio", "arithmetic on blocks, for people to look at"},
		{"mixer/spectrum", "", "arithmetic on samples of one channel, whatever they are of"},
		{"measure", "audio", "arithmetic on blocks, whatever lies between them"},
		{"servo", "", "arithmetic on counts and times, whatever they are of"},
		{"servo/servotest", "servo", "measures any controller of two clocks"},

		{"backend", "audio", "the contract of a device knows no device and no loop"},
		{"backend/backendtest", "backend audio", "proves any device, so it must not pull one in"},
		{"backend/sleep", "", "system calls, without an opinion"},
		{"backend/null", "audio/wav backend audio backend/sleep", "devices know the contract only, never each other, never a loop"},
		{"backend/alsa/abi", "", "the kernel's bytes, without an opinion"},
		{"backend/alsa/card", "audio backend/alsa/abi", "which cards there are, whatever is done with them"},
		{"backend/alsa/controls", "backend audio backend/alsa/abi backend/alsa/card mixer", "an ability of a stream, whichever stream it is; its gains are the mixer's"},
		{"backend/alsa", "backend audio backend/alsa/abi backend/alsa/card backend/sleep", "as null"},
		{"backend/portaudio", "backend audio backend/sleep", "as null"},
		{"backend/rtp/session", "audio", "what a stream on the network is, wherever that was read"},
		{"backend/rtp/sdp", "audio backend/rtp/session", "text of streams, wherever it came from"},
		{"backend/rtp/sap", "audio backend/rtp/session backend/rtp/sdp", "who announces what on the network, whoever wants to know"},
		{"backend/rtp", "backend audio servo backend/sleep backend/rtp/session", "as null, and follows the clock of a sender"},
		{"backend/rtp/rtptest", "backend/rtp", "a network for the tests of streams, as rtp.Net and for programs"},
		{"backend/rtp/interop", "", "tests alone, of devices and of other programs, from outside"},

		{"backend/standby", "backend audio", "streams behind a stream, whatever they are"},

		{"loop/ring", "audio", "shared with programs: client must not pull in the engine"},
		{"loop/pcm", "audio loop/ring", "one end as any program holds it, in the daemon or outside"},
		{"loop/event", "audio/state loop/pcm", "what happens, whoever wants to know"},
		{"loop/device", "audio audio/state backend mixer", "audio(7I) between a stream and a bus, whoever plays on that"},
		{"loop/convert", "audio mixer resample", "arithmetic on blocks, from one format to another"},
		{"loop/line", "audio backend mixer servo loop/ring loop/device loop/convert", "the way of the frames, whoever holds the ends"},
		{"loop", "audio audio/state backend mixer resample servo loop/ring loop/pcm loop/event loop/device loop/line loop/convert", "the core knows no socket, no file and no concrete device"},
		{"loop/route", "audio audio/state backend mixer resample servo loop loop/ring loop/pcm loop/event loop/device loop/line loop/convert",
			"joins ends and devices by what the patchbay offers to any program, and one kind of line"},
		{"loop/looptest", "audio audio/state backend backend/backendtest resample/resampletest loop loop/ring loop/pcm loop/event loop/convert", "proves loops in the daemon and over the wire alike"},

		{"tap", "audio mixer loop", "gives those in the daemon who listen what the engine leaves in the probes"},
		{"alarm", "audio mixer/metering tap", "watches what is heard, and what it is told of all else; it knows no daemon and no API"},

		{"history", "audio mixer/metering servo loop tap", "remembers what others count and hear"},
		{"record", "audio audio/flac audio/wav loop loop/event loop/pcm loop/ring loop/route", "a program at an end, as any other, and files; places are named as routes name them"},

		{"api", "audio audio/state", "the JSON of the control API, the same for both sides"},
		{"web", "", "files for browsers, whoever serves them"},
		{"wire", "audio loop/ring loop/pcm", "bytes and layouts, the same for both sides"},
		{"node/cuse", "", "messages of the kernel, whatever the device is"},
		{"node/cuse/cusetest", "", "the other side of those, whatever answers them"},
		{"node/oss", "audio", "bytes and numbers of OSS, whatever answers them"},
		{"node/sun", "audio audio/state", "bytes and numbers of audio(7I), whatever answers them"},
		{"node", "audio audio/state loop loop/event loop/pcm loop/ring node/cuse node/oss node/sun", "a way to open ends, as server, for programs that know devices alone"},

		{"server/metrics", "alarm audio audio/state history mixer servo loop loop/pcm loop/route record", "reads what all others count"},
		{"server/live", "api audio audio/wav mixer/metering tap", "shows what the hub hears, whoever looks"},
		{"server", "alarm api history server/live tap web audio audio/state mixer servo loop loop/device loop/event loop/ring loop/pcm loop/route record wire server/metrics", "connects programs with loops, and shows operators what there is, whatever clocks it"},
		{"client/internal/reach", "audio", "how client and client/control find a daemon, and what they say when they do not"},
		{"client", "audio client/internal/reach loop/ring loop/pcm wire", "what a program links: no engine, no device"},

		{"client/control", "api audio audio/state client/internal/reach", "HTTP, which client must not pull in"},
		{"server/servertest", "audio backend backend/null backend/sleep client client/control loop loop/pcm server tap", "one daemon for the tests of all"},
		{"examples", "", "only says what is in its folders; its tests run them against a daemon"},
		{"examples/recorder", "audio audio/wav client loop/pcm", "what a program outside of this tree would import, and no more"},
		{"examples/tone", "audio client loop/pcm", "as recorder"},
		{"examples/levels", "api client client/control", "as recorder"},
		{"examples/phone/voice", "audio", "sound on the network, whoever speaks"},
		{"examples/phone/handset", "audio client examples/phone/voice loop/pcm loop/ring", "the model of a server: it knows no network"},
		{"examples/phone/offer", "examples/phone/voice", "text of SDP, however it comes"},
		{"examples/phone/calls", "examples/phone/offer examples/phone/voice", "SIP: it knows no loop"},
		{"examples/phone", "audio examples/phone/calls examples/phone/handset examples/phone/voice", "wires the three up"},

		{"plugin/alsa/secluded", "", "keeps the machine out of tests of any package, so it must not pull one in"},
		{"plugin/alsa/alsatest", "", "drives the plugin, which is C, from outside"},
		{"plugin/alsa/states", "", "compares a table, whoever fills it in"},

		{"hwtest/hear", "audio audio/wav", "measures recordings of any card, so it must not pull one in"},
		{"hwtest/lab/plan", "", "what host and guest of a machine share"},
		{"hwtest/lab/guest", "hwtest/lab/plan", "the first process of a machine: the less it needs, the sooner it boots"},
		{"hwtest/lab", "hwtest/lab/plan", "boots machines for any program, ours or not"},
		{"hwtest/jack", "", "a few calls of the kernel"},
		{"hwtest", "hwtest/lab hwtest/lab/plan", "says which cards there are; its tests put everything else on them"},

		{"packaging", "", "only its tests are Go: they install what make packages makes"},
		{"packaging/copyright", "", "asks the go command what the daemon is linked from, and knows nothing else of it"},

		{"cmd/loopbridge/internal/console", "", "what all parts of the command say alike"},
		{"cmd/loopbridge/internal/files", "", "what all parts of the command open alike"},
		{"cmd/loopbridge/internal/trial", "audio audio/wav server/servertest", "shared by tests of all parts, so it must not pull one in"},
		{"cmd/loopbridge/internal/config", "alarm tap audio audio/state audio/wav backend backend/null backend/rtp/sdp backend/rtp/session backend/alsa/card backend/alsa/controls backend/portaudio " +
			"mixer loop loop/convert loop/device loop/route record resample cmd/loopbridge/internal/console cmd/loopbridge/internal/files",
			"yields what the others take, so it names their types, and starts nothing"},
		{"cmd/loopbridge/internal/handover", "audio", "a state and a program, whatever they are: it knows no daemon"},
		{"cmd/loopbridge/internal/daemon/systemd", "audio", "messages of a service manager, whatever the daemon does"},
		{"cmd/loopbridge/internal/daemon/sched", "", "the kernel's scheduling, whatever the threads do"},
		{"cmd/loopbridge/internal/daemon/statefile", "alarm audio audio/state mixer loop loop/event loop/pcm loop/route record cmd/loopbridge/internal/config", "a subscriber of the patchbay"},
		{"cmd/loopbridge/internal/daemon", "alarm api audio audio/state mixer backend backend/null backend/rtp backend/rtp/sap backend/rtp/sdp backend/rtp/session backend/alsa backend/alsa/card backend/alsa/controls backend/portaudio " +
			"backend/standby backend/sleep servo history tap node node/cuse loop loop/event loop/pcm loop/ring loop/route record server server/metrics client/control cmd/loopbridge/internal/console cmd/loopbridge/internal/files cmd/loopbridge/internal/handover " +
			"cmd/loopbridge/internal/config cmd/loopbridge/internal/daemon/sched cmd/loopbridge/internal/daemon/statefile cmd/loopbridge/internal/daemon/systemd",
			"the only wiring: nobody else opens a device for the loops"},
		{"cmd/loopbridge/internal/report", "api audio loop/pcm cmd/loopbridge/internal/console", "words for what the daemon tells, whoever shows them"},
		{"cmd/loopbridge/internal/top", "api audio audio/state client client/control cmd/loopbridge/internal/console cmd/loopbridge/internal/report",
			"a program of an operator, which asks and shows, and holds nothing"},
		{"cmd/loopbridge/internal/chart", "", "lines over an axis, whatever they are"},
		{"cmd/loopbridge/internal/probe", "audio client loop/pcm loop/ring measure", "a program at two ends, as any other"},
		{"cmd/loopbridge/internal/analysis", "audio mixer/metering mixer/spectrum", "measures a stream, wherever it comes from"},
		{"cmd/loopbridge/internal/bench", "api audio audio/state backend backend/rtp backend/rtp/rtptest backend/rtp/session client client/control loop/pcm mixer resample resample/reference resample/resampletest " +
			"servo servo/servotest wire cmd/loopbridge/internal/chart cmd/loopbridge/internal/console cmd/loopbridge/internal/config",
			"starts processes and measures them from outside, and simulates what takes hours"},
		{"cmd/loopbridge/internal/doctor", "backend/rtp/session api audio backend/alsa/card cmd/loopbridge/internal/console cmd/loopbridge/internal/config " +
			"cmd/loopbridge/internal/daemon/sched",
			"looks at files below a root and asks a daemon, and opens neither sockets nor cards"},
		{"cmd/loopbridge", "api audio audio/state audio/wav backend/rtp/sdp backend/alsa backend/alsa/card backend/alsa/controls backend/portaudio mixer/spectrum loop loop/ring loop/pcm wire client " +
			"client/control cmd/loopbridge/internal/analysis cmd/loopbridge/internal/console cmd/loopbridge/internal/files cmd/loopbridge/internal/config " +
			"cmd/loopbridge/internal/daemon cmd/loopbridge/internal/daemon/sched cmd/loopbridge/internal/daemon/statefile cmd/loopbridge/internal/daemon/systemd " +
			"cmd/loopbridge/internal/doctor cmd/loopbridge/internal/bench cmd/loopbridge/internal/chart cmd/loopbridge/internal/handover cmd/loopbridge/internal/probe " +
			"cmd/loopbridge/internal/report cmd/loopbridge/internal/top",
			"the command line; it looks at cards, but the daemon opens them"},
	}
}

// rule keeps an import, and what is under it, out of all packages but a few.
type rule struct {
	path   string // import path; "net" is net and net/…
	only   string // who may have it
	reason string
}

func moduleRules() []rule {
	return []rule{
		{"github.com/alecthomas/kong", "cmd/loopbridge", "flags belong to the command"},
		{"github.com/pelletier/go-toml/v2", "cmd/loopbridge cmd/loopbridge/internal/config", "the configuration belongs to the command"},
		{"golang.org/x/term", "cmd/loopbridge cmd/loopbridge/internal/console", "terminals belong to the command"},
		{"github.com/gdamore/tcell/v2", "cmd/loopbridge/internal/top", "the screen of a terminal belongs to the command"},
		{"github.com/rivo/uniseg", "cmd/loopbridge/internal/top", "how many columns a text takes there"},
		{"github.com/godbus/dbus", "cmd/loopbridge/internal/daemon/sched", "rtkit is asked by the process"},
		{"github.com/rs/zerolog", "server server/servertest cmd/loopbridge/internal/config cmd/loopbridge/internal/daemon " +
			"cmd/loopbridge/internal/daemon/sched cmd/loopbridge/internal/daemon/statefile",
			"what runs on the audio thread counts, it does not log"},
		{"github.com/coreos/go-systemd/v22", "cmd/loopbridge/internal/daemon cmd/loopbridge/internal/daemon/systemd",
			"what systemd says is for the daemon alone"},
		{"github.com/prometheus", "server/metrics cmd/loopbridge/internal/top", "the formats of Prometheus"},
		{"golang.org/x/time", "server backend/rtp/sap", "operators over TCP are limited, and announcements of anybody"},
		{"github.com/coder/websocket", "server/live cmd/loopbridge/internal/bench", "what a browser reads all the time"},
		{"github.com/chromedp", "", "tests alone: a browser that looks at the page"},
		{"github.com/pion/sdp/v3", "backend/rtp/sdp examples/phone/offer", "the syntax of SDP, in which SIP too says what a call carries"},
		{"github.com/yobert/alsa", "backend/alsa/card", "finds cards and their PCM devices"},
		{"github.com/gordonklaus/portaudio", "backend/portaudio", "the binding, which is cgo"},
		{"gonum.org/v1/gonum/dsp/fourier", "mixer/spectrum", "Fourier transforms of any size, without dependencies of their own"},
		{"github.com/emiago/sipgo", "examples/phone/calls", "SIP belongs to a telephone: the daemon does not link it"},
		{"github.com/pion/rtp", "examples/phone/voice", "headers of packets; and tests read what backend/rtp writes"},
		{"github.com/icholy/digest", "", "tests alone: a registrar that wants a password"},
		{"golang.org/x/image", "cmd/loopbridge/internal/chart", "edges of lines and a small font"},
		{"golang.org/x/sys/cpu", "audio resample mixer mixer/metering", "which vector instructions there are"},
		{"golang.org/x/sys", "record backend/null backend/sleep backend/alsa backend/alsa/abi backend/alsa/card backend/alsa/controls backend/portaudio backend/rtp backend/rtp/sap node/cuse server client " +
			"cmd/loopbridge cmd/loopbridge/internal/bench cmd/loopbridge/internal/files cmd/loopbridge/internal/handover cmd/loopbridge/internal/daemon " +
			"cmd/loopbridge/internal/daemon/sched cmd/loopbridge/internal/daemon/statefile hwtest/jack hwtest/lab/guest",
			"the kernel is met at the rim"},
		{"go.uber.org/goleak", "backend/backendtest loop/looptest", "tests and suites"},
		{"github.com/getkin/kin-openapi", "", "tests alone: holds replies against openapi.yaml"},
		{"github.com/pion/srtp/v3", "backend/rtp", "the reports of encrypted streams; their sound is encrypted without garbage"},
		{"github.com/pion/rtcp", "backend/rtp", "the reports of RTP"},
		{"github.com/mewkiz/flac", "", "tests alone: reads what audio/flac writes"},
		{"pgregory.net/rapid", "backend/backendtest loop/looptest", "tests and suites"},
		{"C", "backend/portaudio resample/reference", "everything else builds as one static binary"},
	}
}

// refusals are standard packages that one package must not have.
func refusals() []rule {
	return []rule{
		{"net", "loop", "the engine must run without sockets"},
		{"os", "loop", "the engine must run without files"},
		{"net", "loop/ring", "as loop"},
		{"os", "loop/ring", "as loop"},
		{"net", "loop/pcm", "as loop"},
		{"os", "loop/pcm", "as loop"},
		{"net", "wire", "bytes only: the decoder is tested without a connection"},
		{"net", "audio", "a leaf"},
		{"net", "backend", "the contract is no driver"},
		{"os", "backend", "the contract is no driver"},
	}
}

func TestImportsPointDown(t *testing.T) {
	allowed := map[string]layer{}
	for _, l := range layers() {
		for below := range strings.FieldsSeq(l.imports) {
			if _, known := allowed[below]; !known {
				t.Errorf("the line of %s allows %s, which is no line above it", l.pkg, below)
			}
		}
		allowed[l.pkg] = l
	}
	for _, f := range goFiles(t) {
		l, known := allowed[f.pkg]
		if !known && f.pkg != "." {
			t.Errorf("%s: package %s has no line in layers; add one with a reason", f.path, f.pkg)
		}
		if f.test {
			continue
		}
		for _, path := range f.imports() {
			below, ours := strings.CutPrefix(path, module+"/")
			if ours && below != f.pkg && !slices.Contains(strings.Fields(l.imports), below) {
				t.Errorf("%s imports %s; %s may import only [%s]: %s", f.path, below, f.pkg, l.imports, l.reason)
			}
		}
	}
}

func TestModulesStayWhereTheyBelong(t *testing.T) {
	for _, f := range goFiles(t) {
		for _, path := range f.imports() {
			r, known := ruleFor(path)
			switch first, _, _ := strings.Cut(path, "/"); {
			case path == "C" && f.test:
				t.Errorf("%s: cgo in a test: %s", f.path, r.reason)
			case known && !f.test && !slices.Contains(strings.Fields(r.only), f.pkg):
				t.Errorf("%s imports %s; only %s may: %s", f.path, path, r.only, r.reason)
			case !known && strings.Contains(first, ".") && !within(path, module):
				t.Errorf("%s imports %s, which has no line in moduleRules; add one with a reason", f.path, path)
			}
		}
	}
}

func TestRefusedImports(t *testing.T) {
	for _, f := range goFiles(t) {
		for _, r := range refusals() {
			for _, path := range f.imports() {
				if !f.test && f.pkg == r.only && within(path, r.path) {
					t.Errorf("%s imports %s: %s", f.path, path, r.reason)
				}
			}
		}
	}
}

func ruleFor(path string) (rule, bool) {
	for _, r := range moduleRules() {
		if within(path, r.path) {
			return r, true
		}
	}
	return rule{}, false
}

// within reports whether an import path is root or below it.
func within(path, root string) bool {
	return path == root || strings.HasPrefix(path, root+"/")
}
