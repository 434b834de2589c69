package doctor

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Limits of a bundle, in bytes before compression.
const (
	maxEntry  = 256 << 10
	maxBundle = 2 << 20
)

// File is something that a bundle holds, before it is redacted.
type File struct {
	Name string
	Text []byte
	Tail bool // of a text that is too long, the end is kept
}

// Entry is a file of a bundle as it was written.
type Entry struct {
	Name     string         `json:"name"`
	Bytes    int            `json:"bytes"`
	Replaced map[string]int `json:"replaced"` // how often something was, by kind: user, host, serial, address
	Cut      bool           `json:"cut"`      // it was too long
}

// folder is the folder that a bundle unpacks to.
const folder = "loopbridge-report/"

// Bundle writes a compressed tar file with what a report of a fault needs: the report of the doctor, what the
// daemon says, its configuration, what the kernel says of cards, and extra. It replaces names of users, homes
// and the host, addresses and serial numbers, each always by the same word.
func Bundle(ctx context.Context, w io.Writer, m Machine, r Report, extra ...File) ([]Entry, error) {
	l := newLook(ctx, m)
	zipped := gzip.NewWriter(w)
	b := bundle{out: tar.NewWriter(zipped), red: newRedactor(l, l.configuredUsers()), room: maxBundle}
	err := b.write("README.txt", bundleReadme, Entry{})
	for _, f := range slices.Concat(l.said(r), extra, l.collected(ctx)) {
		if err == nil && len(f.Text) > 0 {
			err = b.put(f)
		}
	}
	if err == nil {
		err = b.out.Close()
	}
	if err == nil {
		err = zipped.Close()
	}
	return b.entries, err
}

// bundle is one that is being written.
type bundle struct {
	out     *tar.Writer
	red     *redactor
	room    int // bytes
	entries []Entry
}

// put writes a file, shortened and redacted, or says that there is no room for it.
func (b *bundle) put(f File) error {
	text, cut := shorten(f)
	name, _ := b.red.redact(f.Name)
	if b.room -= len(text); b.room < 0 {
		b.entries = append(b.entries, Entry{Name: name, Cut: true})
		return nil
	}
	text, replaced := b.red.redact(text)
	return b.write(name, text, Entry{Replaced: replaced, Cut: cut})
}

// write writes a file; e says what was done to it.
func (b *bundle) write(name, text string, e Entry) error {
	e.Name, e.Bytes = name, len(text)
	b.entries = append(b.entries, e)
	if err := b.out.WriteHeader(&tar.Header{Name: folder + name, Mode: 0o644, Size: int64(len(text))}); err != nil {
		return err
	}
	_, err := io.WriteString(b.out, text)
	return err
}

// configuredUsers returns the names that the configuration lets in, also if something is wrong with it.
func (l *look) configuredUsers() (names []string) {
	text, _ := l.read(l.file)
	for _, list := range regexp.MustCompile(`users\s*=\s*\[([^\]]*)\]`).FindAllStringSubmatch(text, -1) {
		for _, name := range regexp.MustCompile(`["']([^"']+)["']`).FindAllStringSubmatch(list[1], -1) {
			names = append(names, name[1])
		}
	}
	return names
}

const bundleReadme = `Written by "loopbridge doctor --bundle" for a report of a fault.

doctor.txt is what the doctor found; daemon/ is what the daemon says of devices, loops and routes; the
other folders are files of the machine, by their paths.

Names of users and of the host became user1, host1 ...; serial numbers, UUIDs and machine ids serial1 ...;
network and mail addresses address1 ... The same word stands for the same thing everywhere. The doctor
cannot know that the name of a loop or of a file tells something about a person: look through the files
before you hand them on.
`

// shorten cuts a text that is too long, between lines: half a name would not be recognised.
func shorten(f File) (text string, cut bool) {
	text = strings.ToValidUTF8(string(f.Text), "?")
	if len(text) <= maxEntry {
		return text, false
	}
	if f.Tail {
		_, text, _ = strings.Cut(text[len(text)-maxEntry:], "\n")
		return text, true
	}
	text = text[:maxEntry]
	return text[:strings.LastIndexByte(text, '\n')+1], true
}

// said returns what this program and the daemon say.
func (l *look) said(r Report) []File {
	var text bytes.Buffer
	_ = Print(&text, r, false) // a buffer takes all
	files := []File{{Name: "doctor.txt", Text: text.Bytes()}, jsonFile("doctor.json", r), jsonFile("version.json", l.Version)}
	if l.err == nil {
		files = append(files, jsonFile("daemon/version.json", l.about), jsonFile("daemon/devices.json", l.devices),
			jsonFile("daemon/loops.json", l.condition.loops), jsonFile("daemon/routes.json", l.routes))
	}
	return files
}

func jsonFile(name string, v any) File {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		text = []byte(err.Error())
	}
	return File{Name: name, Text: append(text, '\n')}
}

// collected returns files of the machine.
func (l *look) collected(ctx context.Context) (files []File) {
	pid, _ := l.subject()
	var names []string
	for _, pattern := range []string{
		"etc/os-release", "proc/version", "proc/cmdline", "proc/swaps", "proc/loadavg", proc(pid, "limits"), proc(pid, "cgroup"),
		"proc/sys/kernel/sched_rt_runtime_us", "sys/devices/system/clocksource/clocksource0/[ac]*_clocksource",
		"sys/devices/system/cpu/cpu0/cpufreq/scaling_*", "etc/asound.conf", "etc/alsa/conf.d/" + pluginConf,
		"proc/asound/cards", "proc/asound/pcm", "proc/asound/devices", "proc/asound/modules", "proc/asound/version",
		"proc/asound/card*/id", "proc/asound/card*/usbid", "proc/asound/card*/stream*", "proc/asound/card*/codec*",
		"proc/asound/card*/pcm*/info", "proc/asound/card*/pcm*/sub*/*",
	} {
		names = append(names, l.glob(pattern)...)
	}
	if home := l.Getenv("HOME"); home != "" {
		names = append(names, l.glob(home+"/.asoundrc")...)
	}
	if l.file != "" {
		files = append(files, l.copied(ctx, "configuration.toml", l.file))
	}
	for _, name := range names {
		files = append(files, l.copied(ctx, name, name))
	}
	return append(files, File{Name: "kernel-options.txt", Text: []byte(l.soundOptions())})
}

// copied returns a file of the machine. Where it cannot be read, the text says so.
func (l *look) copied(ctx context.Context, as, name string) File {
	f, ended := within(ctx, func(context.Context) File {
		text, err := l.read(name)
		if err != nil {
			text = fmt.Sprintf("not read: %v\n", err)
		}
		return File{Name: as, Text: []byte(text)}
	})
	if !ended {
		return File{Name: as, Text: []byte("not read: it hangs\n")}
	}
	return f
}

// soundOptions returns the options of the kernel that concern sound and time.
func (l *look) soundOptions() string {
	options, where, known := l.kernelConfig()
	if !known {
		return ""
	}
	lines := []string{"# of " + where}
	for key, value := range options {
		for _, part := range []string{"SND", "HZ", "PREEMPT", "HIGH_RES", "RT_", "USB_AUDIO", "CPU_FREQ_DEFAULT"} {
			if strings.HasPrefix(key, part) {
				lines = append(lines, "CONFIG_"+key+"="+value)
				break
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}
