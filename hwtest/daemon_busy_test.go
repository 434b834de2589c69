package hwtest_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

// daemonWaitsForItsCard starts while another program has the card: it says which, goes on
// without, and takes the card when that is free.
func daemonWaitsForItsCard(b *bench) {
	ear := b.card.Ears[0]
	holder := b.holds(ear)
	d := b.waits("alsa", cardName(b, ear), ear, holder)
	d.playsFile(b.numbered(ear.Rate, ear.Rate, 2*pause))
	d.stop()
	d.logged(fmt.Sprintf("in use by aplay (pid %d)", holder.Process.Pid))
}

// holds has aplay play silence on a card.
func (b *bench) holds(ear plan.Ear) (aplays *exec.Cmd) {
	b.Helper()
	aplays = exec.Command("aplay", append(aplay(fmt.Sprintf("hw:%s,%d", b.card.ID, ear.PCM), wish(ear, 480).Format), "/dev/zero")...)
	if err := aplays.Start(); err != nil {
		b.Fatalf("%v", err)
	}
	b.Cleanup(func() { aplays.Process.Kill() })
	b.until("aplay has the card", func() bool {
		status, err := os.ReadFile(fmt.Sprintf("/proc/asound/%s/pcm%dp/sub0/status", b.card.ID, ear.PCM))
		return err == nil && strings.Contains(string(status), fmt.Sprint(aplays.Process.Pid))
	})
	return aplays
}

// waits starts a daemon whose card another program holds, and then lets go of.
func (b *bench) waits(backend, card string, ear plan.Ear, holder *exec.Cmd) *daemon {
	b.Helper()
	w := wish(ear, 480)
	d := b.launch(deviceConfig(backend, card, ear.Rate, w.Period, w.Periods))
	d.until("goes on without the card", func() bool { return d.runsOn() == "null" })
	holder.Process.Kill()
	holder.Wait()
	d.until("takes the card", func() bool { return d.runsOn() == card })
	return d
}

// logged is for a daemon that has ended.
func (d *daemon) logged(what string) {
	d.b.Helper()
	if !strings.Contains(d.log.String(), what) {
		d.b.Errorf("the log does not say %q:\n%s", what, d.log.String())
	}
	d.b.say("%s", what)
}
