package alsatest_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// keeper is testdata/mixer.c.
type keeper struct {
	*follower
	to io.Writer
}

// keeper starts it, by a command that ends with its path.
func (m *mixerRig) keeper(mixer string, command ...string) *keeper {
	m.Helper()
	from, to, err := os.Pipe()
	if err != nil {
		m.Fatal(err)
	}
	m.Cleanup(func() { to.Close() })
	m.input = from
	k := &keeper{m.follow(append(command, "loopbridge:"+mixer)...), to}
	m.input = nil
	from.Close()
	k.says("loaded\n")
	return k
}

// asks expects the answers to a line.
func (k *keeper) asks(line string, answers ...string) {
	k.m.Helper()
	if _, err := io.WriteString(k.to, line+"\n"); err != nil {
		k.m.Fatal(err)
	}
	k.says(answers...)
}

// keeps is what a program goes through that follows a mixer, and keeps an element of a
// client that goes.
func (m *mixerRig) keeps(command ...string) {
	m.Helper()
	k := m.keeper("main,clients", command...)
	p, player := m.plays("phones")
	k.says("+ "+player+" Playback Volume\n", "+ "+player+" Playback Switch\n")
	k.asks("keep "+player+" Playback Volume", "keeps")
	k.asks("write 50", "write 50\n", player+" Playback Volume = 50\n")
	if i := m.strip(fmt.Sprint("phones/", p.Process.Pid)); i.Play.Gain != 50 {
		m.Errorf("the gain is %d, want 50", i.Play.Gain)
	}
	k.asks("read", "read 50\n")
	m.leaves("phones", p)
	k.says("- "+player+" Playback Volume\n", "- "+player+" Playback Switch\n")
	k.asks("read", "read: No such file or directory\n")
	k.asks("write 60", "write: No such file or directory\n")

	// Others come in its place, and are not taken for it.
	next, other := m.plays("phones")
	k.says("+ " + other + " Playback Volume\n")
	m.add("more", audio.Play)
	k.says("+ more Playback Switch\n")
	k.asks("write 60", "write: No such file or directory\n")
	if i := m.strip(fmt.Sprint("phones/", next.Process.Pid)); i.Play.Gain != 255 {
		m.Errorf("the other client's gain is %d", i.Play.Gain)
	}
	k.asks("check", "the same: 15 of 15\n")

	// Much comes and goes, some of it before the program hears of it.
	k.asks("keep "+other+" Playback Volume", "keeps")
	for i := range 40 {
		name := fmt.Sprint("brief", i)
		m.add(name, audio.Play)
		if i%2 == 0 {
			m.remove(name)
		}
	}
	k.says("+ brief39 Playback Switch\n")
	for i := range 40 {
		if i%2 != 0 {
			m.remove(fmt.Sprint("brief", i))
		}
	}
	k.says("- brief39 Playback Switch\n", "- brief1 Playback Volume\n")
	k.asks("read", "read 255\n")
	k.asks("write 70", "write 70\n")
	k.asks("check", "the same: 15 of 15\n")
	k.asks("quit", "ends: well\n")
	k.succeeds(m.rig)
}

func TestMixerElementsStayThemselves(t *testing.T) {
	t.Parallel()
	newStripsRig(t).keeps(plainBuild.program(t, "mixer"))
}

func TestMixerUnderSanitizers(t *testing.T) {
	t.Parallel()
	plainBuild.program(t, "mixer") // skips without a compiler
	if !sanitizes(t) {
		t.Skip("not tested: the mixer plugin under AddressSanitizer and UBSan; gcc has no libasan or libubsan")
	}
	program := sanitized.program(t, "mixer")
	newStripsRig(t).keeps("env", configBeside(program), "ASAN_OPTIONS=detect_leaks=0", program)
}

func TestMixerUnderValgrind(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("valgrind"); err != nil {
		t.Skip("not tested: the mixer plugin's use of memory under valgrind, which is missing")
	}
	m := newStripsRig(t)
	program := plainBuild.program(t, "mixer")
	probe := m.run("valgrind", "-q", program)
	if strings.Contains(probe.stderr.String(), "Fatal error at startup") {
		t.Skip("not tested: the mixer plugin's use of memory under valgrind, which does not start (libc6-dbg?)")
	}
	config := configBeside(program)
	m.keeps(append(append([]string{"env", config, "valgrind"}, strings.Fields(valgrindFlags)...), program)...)
}

// A program that does not follow finds out when it asks. Reads go on for a moment, since
// alsa-lib gives up a whole mixer of which it cannot read one element.
func TestMixerOfAClientThatHasGone(t *testing.T) {
	t.Parallel()
	m := newStripsRig(t)
	p, player := m.plays("phones")
	k := m.keeper("main,clients", "sh", "-c", `exec "$0" "$1" unheard`, plainBuild.program(t, "mixer"))
	k.asks("keep "+player+" Playback Volume", "keeps")
	k.asks("write 50", "write 50\n")
	m.leaves("phones", p)
	next, _ := m.plays("phones")
	k.asks("write 60", "write: No such device\n")
	for range 16 {
		k.asks("read", "read 255\n") // as it was when the mixer was opened
	}
	for range 3 {
		k.asks("read", "read: No such device\n")
	}
	if i := m.strip(fmt.Sprint("phones/", next.Process.Pid)); i.Play.Gain != 255 {
		t.Errorf("the other client's gain is %d", i.Play.Gain)
	}
	if err := m.server.Close(); err != nil {
		t.Error(err)
	}
	k.asks("keep Master Playback Volume", "keeps")
	k.asks("read", "read: No such device\n")
	k.asks("quit", "ends: well\n")
	k.succeeds(m.rig)
}

// More loops than a mixer shows, and more that come and go than there are numids.
func TestMixerHasBounds(t *testing.T) {
	t.Parallel()
	m := newMixerRig(t)
	const shown = 127 // besides the device itself
	for i := range 200 {
		m.add(fmt.Sprintf("loop%03d", i), audio.Play)
	}
	if got := m.others("loopbridge:main"); len(got) != 2*shown {
		t.Errorf("%d elements of loops, want %d", len(got), 2*shown)
	}
	k := m.keeper("main,clients", plainBuild.program(t, "mixer"))
	k.asks("keep loop126 Playback Volume", "keeps loop126 Playback Volume\n")
	k.asks("keep loop127 Playback Volume", "there is no loop127 Playback Volume\n")
	for i := range 100 {
		m.remove(fmt.Sprintf("loop%03d", i))
	}
	k.says("+ loop199 Playback Switch\n")
	k.asks("check", "the same: 208 of 208\n")
	k.asks("write 9", "write 9\n")
	if i := m.strip("loop126"); i.Play.Gain != 9 {
		t.Errorf("the gain of loop126 is %d, want 9", i.Play.Gain)
	}
	for i := range 400 {
		name := fmt.Sprint("brief", i)
		m.add(name, audio.Play)
		k.says("+ " + name + " Playback Switch\n")
		m.remove(name)
		k.says("- " + name + " Playback Switch\n")
	}
	k.asks("check", "the same: 208 of 208\n")
	k.asks("write 10", "write 10\n")
	if i := m.strip("loop126"); i.Play.Gain != 10 {
		t.Errorf("the gain of loop126 is %d, want 10", i.Play.Gain)
	}
	k.asks("quit", "ends: well\n")
	k.succeeds(m.rig)
}

// alsamixer in a terminal shows a client by its name, while it plays, and sets it.
func TestAlsamixerShowsClients(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"tmux", "alsamixer"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("not tested: alsamixer; there is no %s", name)
		}
	}
	m := newStripsRig(t)
	tmux := func(args ...string) string {
		t.Helper()
		p := m.run("tmux", append([]string{"-f", "/dev/null", "-S", m.file("tmux")}, args...)...)
		if p.status() != 0 {
			t.Fatalf("tmux %q: %s", args, p.stderr.String())
		}
		return p.stdout.String()
	}
	tmux("new-session", "-d", "-x", "200", "-y", "40", "alsamixer", "-D", "loopbridge:main,clients")
	defer tmux("kill-server")
	shows := func(what string, want func(screen string) bool) {
		t.Helper()
		var screen string
		defer func() {
			if t.Failed() {
				t.Log(screen)
			}
		}()
		m.until("alsamixer shows "+what, func() bool { screen = tmux("capture-pane", "-p"); return want(screen) })
	}
	has := func(text string) func(string) bool {
		return func(screen string) bool { return strings.Contains(screen, text) }
	}
	shows("the loop", has("phones"))
	p, player := m.plays("phones")
	shows("the client", has(player))
	item := func(screen string) string {
		_, item, _ := strings.Cut(screen, "Item: ")
		item, _, _ = strings.Cut(item, "\n")
		return item
	}
	for now := item(tmux("capture-pane", "-p")); !strings.HasPrefix(now, player); now = item(tmux("capture-pane", "-p")) {
		tmux("send-keys", "Right")
		shows("the next after "+now, func(screen string) bool { next := item(screen); return next != "" && next != now })
	}
	shows("it as the one to be set", has("Item: "+player+" [dB gain: 0")) // then the decimal point of the locale
	tmux("send-keys", "m")
	m.until("it is muted", func() bool { return m.strip(fmt.Sprint("phones/", p.Process.Pid)).OutputMuted })
	m.setStrip(fmt.Sprint("phones/", p.Process.Pid), "play.gain=0", "output_muted=0")
	shows("what others set", has("Item: "+player+" [dB gain: mute]"))
	m.leaves("phones", p)
	shows("it no more", func(screen string) bool {
		return strings.Contains(screen, "phones") && !strings.Contains(screen, player)
	})
}
