package hwtest_test

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/loopbridge/loopbridge/hwtest/hear"
	"github.com/loopbridge/loopbridge/hwtest/jack"
	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

// What is heard counts, not what the control says of itself.
func volumeActs(b *bench) {
	acts := false
	for _, ear := range b.card.Ears {
		if ear.Volume == "" {
			continue
		}
		acts = true
		b.open(ear)
		// While it plays: an emulated codec may forget its volume when a stream begins.
		x := b.steady(ear, func() { b.amixer("sset", ear.Volume, "75%") })
		heard := hear.FitTone(x, ear.Rate).Level - 20*math.Log10(toneAmplitude)
		b.say("%s at 75%% (%s) is heard %.1f dB lower", ear.Volume, b.decibels(ear), -heard)
		if !(heard < -1) {
			b.Errorf("%s does not act", ear.Volume)
		}
		x = b.steady(ear, func() { b.amixer("sset", ear.Volume, "100%", "mute") })
		if level := hear.Level(x); level > quiet {
			b.Errorf("%s is muted, and %.1f dBFS are heard", ear.Volume, level)
		}
		b.open(ear)
	}
	if !acts {
		b.without("its emulation has no volume")
	}
}

func (b *bench) amixer(args ...string) string {
	b.Helper()
	return b.tool("amixer", append([]string{"-c", b.card.ID}, args...)...)
}

// decibels is what the control says of itself.
func (b *bench) decibels(ear plan.Ear) string {
	b.Helper()
	m := regexp.MustCompile(`[-0-9.]+dB`).FindString(b.amixer("sget", ear.Volume))
	if m == "" {
		return "no dB"
	}
	return m
}

const inputs = "name=Capture Source"

func choosesInput(b *bench) {
	if !strings.Contains(b.amixer("controls"), "'Capture Source'") {
		b.without("it has no choice of inputs")
	}
	text := b.amixer("cget", inputs)
	before := chosen(text)
	defer func() { b.amixer("cset", inputs, before) }()
	var names []string
	for i, m := range regexp.MustCompile(`Item #\d+ '(.*)'`).FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
		if got := chosen(b.amixer("cset", inputs, strconv.Itoa(i))); !strings.HasPrefix(got, strconv.Itoa(i)) {
			b.Errorf("input %d, %s, was chosen, and it has %s", i, m[1], got)
		}
	}
	if len(names) < 2 {
		b.Errorf("its inputs are %q", names)
	}
	b.say("%s", strings.Join(names, ", "))
}

// chosen are the values in what amixer says of the choice, such as 0,0.
func chosen(text string) string {
	_, values, _ := strings.Cut(text, ": values=")
	return strings.TrimSpace(values)
}

// A control that a program adds is one for all others.
func takesControl(b *bench) {
	const name = "Loopbridge Test Jack"
	j, err := jack.Add(b.card.Number, name)
	if err != nil {
		b.Fatalf("%v", err)
	}
	defer func() {
		if err := j.Remove(); err != nil {
			b.Errorf("it cannot be removed: %v", err)
		}
		if text := b.amixer("controls"); strings.Contains(text, name) {
			b.Errorf("it was removed, and is still there:\n%s", text)
		}
	}()
	for _, in := range []bool{true, false} {
		if err := j.Plug(in); err != nil {
			b.Fatalf("%v", err)
		}
		want := map[bool]string{true: "values=on", false: "values=off"}[in]
		if text := b.amixer("cget", "iface=CARD,name="+name); !strings.Contains(text, want) {
			b.Errorf("want %s, amixer says\n%s", want, text)
		}
	}
}
