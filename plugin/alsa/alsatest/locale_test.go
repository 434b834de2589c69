package alsatest_test

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// locales differ from C in what programs trip over: the decimal point, and which letter is
// the capital of i.
func locales() []string { return []string{"de_DE.UTF-8", "tr_TR.UTF-8"} }

// inLocale is the environment of programs that run in the locale of the tests, LC_ALL, but
// with messages that tests understand.
func inLocale() []string {
	return []string{"LC_ALL=", "LC_MESSAGES=C", "LANGUAGE=", "LANG=" + cmp.Or(os.Getenv("LC_ALL"), "C")}
}

// TestLocales repeats tests of names, numbers and sound in other locales, which are made
// for it.
func TestLocales(t *testing.T) {
	if os.Getenv("LOCPATH") != "" {
		return // this is one of those tests
	}
	agentProgram(t) // builds the plugin, or skips
	localedef, err := exec.LookPath("localedef")
	if err != nil {
		t.Skip("not tested: the plugin in a German and a Turkish locale; there is no localedef")
	}
	dir := t.TempDir()
	for _, locale := range locales() {
		language, charset, _ := strings.Cut(locale, ".")
		if out, err := exec.Command(localedef, "--no-archive", "-i", language, "-f", charset, filepath.Join(dir, locale)).CombinedOutput(); err != nil {
			t.Skipf("not tested: the plugin in %s; localedef cannot make it (the package locales has the sources): %s", locale, out)
		}
	}
	for _, locale := range locales() {
		t.Run(locale, func(t *testing.T) {
			t.Parallel()
			again := exec.Command(os.Args[0], "-test.run", "^(TestLocale|TestRefusals|TestModesOfAplay|TestD1[A-Z].*|TestNotFor.*|TestMixerShows.*|TestMixerSets.*)$", "-test.v")
			again.Env = append(os.Environ(), "LOCPATH="+dir, "LC_ALL="+locale)
			out, err := again.CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			if !strings.Contains(string(out), "--- PASS: TestLocale (") {
				t.Errorf("there was nothing to see of %s:\n%s", locale, out)
			}
		})
	}
}

// TestLocale is that programs are in the locale of the tests, and that names and numbers
// mean the same in each.
func TestLocale(t *testing.T) {
	t.Parallel()
	r := newRig(t, inRealTime)
	locale := cmp.Or(os.Getenv("LC_ALL"), "C")
	if got := r.run("locale", "-k", "decimal_point").stdout.String(); strings.HasPrefix(locale, "de") && got != "decimal_point=\",\"\n" {
		t.Fatalf("in %s there is %q", locale, got)
	}
	for wait, waited := range map[string]string{
		"1.5ms": "1.5ms", "12ms": "12ms", "0.0250s": "25ms", "0.001000000999999s": "1ms", "00.002s": "2ms",
	} {
		r.open("aplay", "loopbridge:LOOP=loop0,END=CLIENT,WAIT="+wait).refused(r, syscall.ETIMEDOUT, "loop0", "waited "+waited)
	}
	for _, wait := range []string{"1,5s", ".5s", "5.s", "1e3ms", "0x1s", "+1s", " 1s", "inf", "nans", "1000000000s", "99999999999999999999s", "1.5", "1.5S", "s", "1.s5", "ON"} {
		r.open("aplay", "loopbridge:LOOP=loop0,WAIT='"+wait+"'").refused(r, syscall.EINVAL, "WAIT of loop0 is 0, 1, or a time", `"`+wait+`"`)
	}
	for _, no := range []string{"0", "no", "NO"} {
		r.open("aplay", "loopbridge:LOOP=loop0,WAIT="+no).refused(r, syscall.EAGAIN, "loop0: no server holds the loop")
	}
	for _, end := range []string{"cl\u0131ent", "CL\u0130ENT", "client ", "clien"} {
		r.open("aplay", "loopbridge:LOOP=loop0,END='"+end+"'").refused(r, syscall.EINVAL, `is server or client`)
	}
	waiting := r.open("aplay", "loopbridge:LOOP=loop0,END=Client,WAIT=YES")
	r.until("the client waits", func() bool { return r.status("loop0").Waiting == 1 })
	waiting.stop(r)
}
