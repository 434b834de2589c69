package doctor

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
)

// unpack returns the files of a bundle.
func unpack(t *testing.T, bundle []byte) map[string]string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(bundle))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if h.Uname+h.Gname != "" || h.Uid+h.Gid != 0 || !strings.HasPrefix(h.Name, folder) {
			t.Errorf("its header tells too much: %+v", h)
		}
		files[strings.TrimPrefix(h.Name, folder)] = string(text)
	}
}

// secrets are what must not be in a bundle; each is planted in several places.
var secrets = []string{"ann", "Othmar", "bob", "robert.b", "Zoë", "Müller", "carla", "studio-pc", "studio-pc.example.org", "example.org", "dave@mail.example",
	"192.168.17.23", "fe80::a00:27ff:fe4e:66a1", "2001:db8::77", "08:00:27:4e:66:a1", "0a-1b-2c-3d-4e-5f", "SER4711X", "CARD0815Y", "DAC77Z", "0123456789abcdef0123456789abcdef",
	"6f9619ff-8b86-d011-b42d-00c04fc964ff", "PC998877", "QQ77XX", "fedcba9876543210fedcba9876543210"}

// plant puts secrets wherever a bundle looks.
func plant(f *fake) (log File) {
	f.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/:/bin/false\nann:x:1000:1000:Ann Othmar,,,:/home/ann:/bin/sh\n"+
		"bob:x:1001:1001:Zoë Müller,room 7,:/srv/robert.b:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n")
	f.file("proc/sys/kernel/hostname", "studio-pc\n")
	f.file("etc/hostname", "studio-pc.example.org\n")
	f.file("etc/machine-id", "0123456789abcdef0123456789abcdef\n")
	f.file("sys/bus/usb/devices/1-3/serial", "SER4711X\n")
	f.file(usbDevice+"serial", "CARD0815Y\n")
	f.file("sys/class/dmi/id/product_serial", "PC998877\n")
	f.file("proc/cmdline", "root=UUID=6f9619ff-8b86-d011-b42d-00c04fc964ff ip=192.168.17.23 quiet\n")
	f.file("home/ann/.asoundrc", "pcm.x { type file slave.pcm null file \"/srv/robert.b/x.raw\" } # Zoë's\n")
	f.file("proc/asound/card0/stream0", "C-Media USB Audio Device, serial SER4711X, of ANN\n")
	f.file("etc/loopbridge/loopbridge.toml", "# Bob's, of studio-pc\n[daemon]\nusers = [\"carla\", \"1001\"]\nstate = \"/home/ann/state.json\"\n"+
		"[[device]]\nname = \"main\"\nbackend = \"alsa\"\ncard = \"usb:0d8c:0014\"\nfallback = [\"usb:1234:abcd:DAC77Z\"]\n"+
		"[[loop]]\nname = \"bob_recordings\"\n")
	f.daemon.loops = []api.Loop{{Name: "bob_recordings", Format: audio.DefaultFormat(), Clients: []api.End{{Program: "ann's player", PID: 5, UID: 1000, Format: audio.DefaultFormat()}}}}
	for _, d := range f.daemon.devices {
		d.Hardware.Format = audio.DefaultFormat()
	}
	f.daemon.devices[1].Hardware.RunsOn = "usb:0d8c:0014:CARD0815Y"
	return File{Name: "log.txt", Tail: true, Text: []byte(`{"level":"warn","user":"bob","file":"/home/ann/a.wav","message":"refused"}
studio-pc loopbridge[7]: connection of 192.168.17.23:5000, [fe80::a00:27ff:fe4e:66a1]:5000 and 2001:db8::77, from 127.0.0.1 and ::1
usb 1-3: SerialNumber: SER4711X, usb 1-4: SerialNumber: QQ77XX, boot fedcba9876543210fedcba9876543210
bluez: 08:00:27:4e:66:a1 and 0a-1b-2c-3d-4e-5f of dave@mail.example; /home/eve/x and /home/eve/y
2026-11-29T18:35:26.123Z pci-0000:00:14.0-usb-0:3:1.0 hw:0,0 annotated bobbin 10:20:30
`)}
}

// What is planted anywhere is in no file of a bundle, and what a report needs is.
func TestBundleTellsNoNames(t *testing.T) {
	f := newFake(t)
	log := plant(f)
	var b bytes.Buffer
	entries, err := Bundle(t.Context(), &b, f.Machine, Examine(t.Context(), f.Machine), log)
	if err != nil {
		t.Fatal(err)
	}
	files := unpack(t, b.Bytes())
	for name, text := range files {
		for _, secret := range append(secrets, "eve") {
			for line := range strings.Lines(text) {
				if !innocent(strings.ToLower(line), strings.ToLower(secret)) {
					t.Errorf("%s tells %q: %s", name, secret, line)
				}
			}
		}
	}
	for name, words := range map[string]string{
		"doctor.txt": "loopbridge.toml is valid", "doctor.json": `"warnings"`, "version.json": `"1.2"`, "daemon/devices.json": "SCHED_FIFO",
		"daemon/loops.json": "_recordings", "daemon/routes.json": "talk", "configuration.toml": "card = \"usb:0d8c:0014\"", "proc/asound/cards": "USB-Audio",
		"proc/asound/card0/pcm0p/sub0/status": "RUNNING", "kernel-options.txt": "CONFIG_HZ=250", "README.txt": "look through",
		"log.txt": "pci-0000:00:14.0-usb-0:3:1.0 hw:0,0 annotated bobbin 10:20:30",
	} {
		if !strings.Contains(files[name], words) {
			t.Errorf("%s lacks %q: %q", name, words, files[name])
		}
	}
	for _, kept := range []string{"127.0.0.1 and ::1", "2026-11-29T18:35:26.123Z", `"level":"warn"`} {
		if !strings.Contains(files["log.txt"], kept) {
			t.Errorf("the log lacks %q: %s", kept, files["log.txt"])
		}
	}
	if len(entries) != len(files) {
		t.Errorf("%d entries, %d files", len(entries), len(files))
	}
	for _, e := range entries {
		if e.Name == "log.txt" && (e.Replaced["user"] < 4 || e.Replaced["host"] != 1 || e.Replaced["serial"] != 3 || e.Replaced["address"] != 6 || e.Bytes != len(files["log.txt"])) {
			t.Errorf("%+v", e)
		}
		if strings.HasSuffix(e.Name, ".json") && !json.Valid([]byte(files[e.Name])) {
			t.Errorf("%s is no JSON: %s", e.Name, files[e.Name])
		}
	}
}

// innocent reports whether a line has a secret only within a longer word of the product, such as "ann" in "cannot".
func innocent(line, secret string) bool {
	for at := 0; ; {
		i := strings.Index(line[at:], secret)
		if i < 0 {
			return true
		}
		from, to := at+i, at+i+len(secret)
		letter := func(k int) bool { return k >= 0 && k < len(line) && line[k] >= 'a' && line[k] <= 'z' }
		if !letter(from-1) && !letter(to) {
			return false
		}
		at = to
	}
}

// The same name has the same replacement in all files, and another name another one.
func TestRedactedNamesStayApart(t *testing.T) {
	f := newFake(t)
	plant(f)
	r := newRedactor(newLook(t.Context(), f.Machine), []string{"carla"})
	for text, want := range map[string]string{
		"ann, Ann Othmar and ANN":               "user1, user1 and user1",
		"bob of /srv/robert.b: Zoë Müller":      "user2 of /srv/user2: user2",
		"carla, annotated, joann, ann2, ann_x":  "user3, annotated, joann, ann2, user1_x",
		"STUDIO-PC.example.org studio-pc":       "host1 host1",
		"/home/ann/x /home/eve/y /home/eve":     "/home/user1/x /home/user4/y /home/user4",
		"usb:0d8c:0014:CARD0815Y usb:0d8c:0014": "usb:0d8c:0014:serial4 usb:0d8c:0014",
		"10.0.0.1 10.0.0.1 10.0.0.2 1.2.3":      "address1 address1 address2 1.2.3",
		"127.0.0.1 ::1 0.0.0.0 12:34:56":        "127.0.0.1 ::1 0.0.0.0 12:34:56",
		"root, daemon, nobody, audio":           "root, daemon, nobody, audio",
		"İ ann":                                 "İ user1",
	} {
		if got, _ := r.redact(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	once, _ := r.redact("dave@mail.example /home/eve/x SerialNumber: QQ77 6f9619ff-8b86-d011-b42d-00c04fc964ff")
	if again, n := r.redact(once); again != once || len(n) != 0 {
		t.Errorf("what is replaced is replaced again: %q became %q, %v", once, again, n)
	}
}

// A bundle is small whatever it is made of: of a log the end stays, of other files the beginning.
func TestBundleIsSmall(t *testing.T) {
	f := newFake(t)
	var long strings.Builder
	for i := range 1 << 16 {
		fmt.Fprintf(&long, "line %d of ann\n", i)
	}
	files := []File{{Name: "log.txt", Text: []byte(long.String()), Tail: true}, {Name: "head.txt", Text: []byte(long.String())}}
	for i := range 16 {
		files = append(files, File{Name: fmt.Sprintf("more%d.txt", i), Text: []byte(long.String())})
	}
	var b bytes.Buffer
	entries, err := Bundle(t.Context(), &b, f.Machine, Report{}, files...)
	if err != nil {
		t.Fatal(err)
	}
	total, left := 0, 0
	for _, e := range entries {
		total += e.Bytes
		if e.Cut && e.Bytes == 0 {
			left++
		}
	}
	got := unpack(t, b.Bytes())
	if total > 2*maxBundle || left == 0 || len(got)+left != len(entries) {
		t.Errorf("%d bytes, %d of %d files left out", total, left, len(entries))
	}
	if text := got["log.txt"]; !strings.HasPrefix(text, "line ") || !strings.HasSuffix(text, "line 65535 of user1\n") || len(text) > maxEntry*2 {
		t.Errorf("%d bytes of the log: %.40q", len(text), text)
	}
	if text := got["head.txt"]; !strings.HasPrefix(text, "line 0 of user1\n") || !strings.HasSuffix(text, "user1\n") {
		t.Errorf("%d bytes of the head", len(text))
	}
}

// The key of an encrypted stream is in no bundle, wherever a description has it.
func TestKeysAreReplaced(t *testing.T) {
	r := newRedactor(newLook(t.Context(), newFake(t).Machine), nil)
	text, done := r.redact("sdp = \"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd|2^20\"\n")
	if strings.Contains(text, "AAECAw") || done[keyKind] != 1 || !strings.Contains(text, "inline:key1|2^20") {
		t.Errorf("%s %v", text, done)
	}
}
