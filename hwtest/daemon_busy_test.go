package hwtest_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// daemonWaitsForItsCard starts while another program has the card: it says which, goes on
// without, and takes the card when that is free.
func daemonWaitsForItsCard(b *bench) {
	ear := b.card.Ears[0]
	pcm := fmt.Sprintf("hw:%s,%d", b.card.ID, ear.PCM)
	holder := exec.Command("aplay", append(aplay(pcm, wish(ear, 480).Format), "/dev/zero")...)
	if err := holder.Start(); err != nil {
		b.Fatalf("%v", err)
	}
	defer holder.Process.Kill()
	b.until("aplay has the card", func() bool {
		status, err := os.ReadFile(fmt.Sprintf("/proc/asound/%s/pcm%dp/sub0/status", b.card.ID, ear.PCM))
		return err == nil && strings.Contains(string(status), fmt.Sprint(holder.Process.Pid))
	})
	w := wish(ear, 480)
	d := b.launch(deviceConfig("alsa", cardName(b, ear), ear.Rate, w.Period, w.Periods))
	d.until("goes on without the card", func() bool { return d.runsOn() == "null" })
	holder.Process.Kill()
	holder.Wait()
	d.until("takes the card", func() bool { return d.runsOn() == cardName(b, ear) })
	d.playsFile(b.numbered(ear.Rate, 2*pause))
	d.stop()
	who := fmt.Sprintf("in use by aplay (pid %d)", holder.Process.Pid)
	if !strings.Contains(d.log.String(), who) {
		b.Errorf("the log does not say that the card is %s:\n%s", who, d.log.String())
	}
	b.say("%s: %s", pcm, who)
}
