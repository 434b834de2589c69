package hwtest_test

import (
	"os"
	"testing"

	"github.com/loopbridge/loopbridge/hwtest/lab"
)

// cardless is a case that needs the kernel of the machine, and no card.
type cardless struct {
	subject string // of its line in the report, in the place of a card
	name    string
	run     func(*bench)
}

func cardlessCases() []cardless { return append(networkCases(), nodeCases()...) }

// TestCardless runs cases in a machine of their own for what the kernel of a host often lacks: CUSE, and a network that loses packets.
func TestCardless(t *testing.T) {
	if lab.Inside() {
		runCardless(t)
		return
	}
	kernel := kernelFor(t, map[string]string{"gcc": "gcc", "tc": "iproute2", "ptp4l": "linuxptp"})
	records := reported(t, kernel, []lab.Card{lab.Loopback()}, func(c lab.Config) (lab.Result, error) {
		c.Files = buildNodes(t)
		c.Modules = append([]string{"cuse"}, networkModules()...)
		return boot(t, kernel, chosenIn("TestCardless"), c)
	})
	good := retell(t, records)
	for _, c := range cardlessCases() {
		if !good[c.name] && os.Getenv(chooseCases) == "" {
			t.Errorf("%s: no result", c.name)
		}
	}
}

func runCardless(t *testing.T) {
	all := cardlessCases()
	n := 0
	for _, c := range all {
		if isChosen(c.subject + "/" + c.name) {
			n++
		}
	}
	printSteps(n)
	for _, c := range all {
		t.Run(c.subject+"/"+c.name, func(t *testing.T) {
			b := &bench{T: t, name: c.name}
			b.card.ID, b.card.Lab = c.subject, true
			defer step(c.subject, c.name)()
			defer b.report()
			c.run(b)
		})
	}
}
