package hwtest_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/hwtest"
	"github.com/loopbridge/loopbridge/hwtest/lab"
	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

// stage is a part of the life of an appliance.
type stage struct {
	name string
	run  func(*appliance)
}

// stages follow each other; between them the machine is only started again where it says so.
func stages() []stage {
	return []stage{
		{"installs the package", (*appliance).installs},
		{"is as closed as it should be", (*appliance).isClosed},
		{"takes its card by a reload", (*appliance).takesItsCard},
		{"refuses a wrong file", (*appliance).refusesWrongFile},
		{"has a doctor that finds nothing", (*appliance).hasDoctor},
		{startsAgain, (*appliance).preparesChime},
		{"sounds before any login", (*appliance).sounds},
		{"is upgraded while programs play", (*appliance).isUpgraded},
		{"hands over again and again", (*appliance).handsOver},
		{"starts again when it hangs", (*appliance).outlivesHang},
		{"starts again when it is killed", (*appliance).outlivesKill},
		{"starts when a program connects", (*appliance).startsByItsSocket},
		{"writes a journal", (*appliance).writesJournal},
		{"is purged", (*appliance).isPurged},
	}
}

// startsAgain is the stage that ends with a reboot.
const startsAgain = "is started again"

// nextStage is a file of the machine's disk, with the number of the stage to go on with.
const nextStage = "/var/lib/laboratory"

// TestApplianceInside is the program in the machine, once for each start.
func TestApplianceInside(t *testing.T) {
	if !lab.Inside() {
		t.Skip("TestAppliance runs it in a machine")
	}
	text, _ := os.ReadFile(nextStage)
	next, _ := strconv.Atoi(string(text))
	all := stages()
	if next == 0 {
		fmt.Printf("%s%d\n", stepsLine, len(all))
	}
	reboot := false
	for i, s := range all[next:] {
		t.Run(s.name, func(t *testing.T) {
			a := &appliance{&bench{T: t, card: hwtest.Card{Card: plan.Card{ID: "appliance"}, Lab: true}, name: s.name}}
			defer step(a.card.ID, s.name)()
			defer a.report()
			s.run(a)
		})
		if s.name == startsAgain {
			if err := os.WriteFile(nextStage, []byte(strconv.Itoa(next+i+1)), 0o644); err != nil {
				t.Fatal(err)
			}
			reboot = true
			break
		}
	}
	if reboot {
		os.Exit(plan.Again)
	}
}

// appliance is the machine.
type appliance struct{ *bench }

// does runs a line of a shell, shows it with what it says, and returns that. It must succeed.
func (a *appliance) does(line string) string {
	a.Helper()
	out, err := a.tries(line)
	if err != nil {
		a.Fatalf("%s: %v", line, err)
	}
	return out
}

// tries is does, but the line may fail.
func (a *appliance) tries(line string) (string, error) {
	a.Helper()
	fmt.Println("# " + line)
	cmd := exec.Command("sh", "-c", line)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "SYSTEMD_PAGER=", "SYSTEMD_COLORS=0", "COLUMNS=160")
	text, err := cmd.CombinedOutput()
	out := string(text)
	for line := range strings.Lines(out) {
		fmt.Println("    " + strings.TrimRight(progressBar.ReplaceAllString(line, ""), "\r\n"))
	}
	if err != nil {
		fmt.Printf("    (%v)\n", err)
	}
	return out, err
}

// progressBar is what dpkg writes over, again and again.
var progressBar = regexp.MustCompile(`\(Reading database \.\.\. (\d*%?\r?)?`)

// wants reports what a text lacks.
func (a *appliance) wants(text string, all ...string) {
	a.Helper()
	for _, want := range all {
		if !strings.Contains(text, want) {
			a.Errorf("%q is missing", want)
		}
	}
}

// property is one of the daemon's unit.
func (a *appliance) property(name string) string {
	a.Helper()
	out, err := exec.Command("systemctl", "show", "--value", "-p", name, "loopbridge").Output()
	if err != nil {
		a.Fatalf("systemctl show %s: %v", name, err)
	}
	return strings.TrimSpace(string(out))
}

// apt installs a release.
func (a *appliance) apt(version string) string {
	a.Helper()
	return a.does("apt-get install -q -y " + inHome(debFile(version)))
}

// hears is the tape of the card's speaker.
func (a *appliance) hears() tape {
	a.Helper()
	cards, err := lab.Seen()
	if err != nil || len(cards) != 1 {
		a.Fatalf("the card of the machine: %v, %v", cards, err)
	}
	return a.tape(cards[0].Ears[0])
}
