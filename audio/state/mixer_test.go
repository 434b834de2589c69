package state_test

import (
	"fmt"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/mixer"
)

// Package audio is below mixer, and says its own dB and ranges: they are the same.
func TestD19GainIsThatOfTheMixer(t *testing.T) {
	for gain := range mixer.MaxGain + 1 {
		i := state.Info{Play: state.Side{Gain: gain}}
		want := "-inf"
		if gain > 0 {
			want = fmt.Sprintf("%.2f", mixer.Decibels(gain))
		}
		if got := state.PlayGainDB.Text(&i); got != want {
			t.Errorf("gain %d is %s dB, to the mixer %s", gain, got, want)
		}
	}
	for dB := -60.0; dB <= 0; dB += 0.01 {
		p, err := state.ParsePatch(fmt.Sprintf("play.gain_db=%v", dB))
		if err != nil {
			t.Fatal(err)
		}
		if v, _ := p.Get(state.PlayGain); int(v) != mixer.FromDecibels(dB) {
			t.Errorf("%.2f dB is %d, to the mixer %d", dB, v, mixer.FromDecibels(dB))
		}
	}
	for f, most := range map[state.Field]int{state.PlayGain: mixer.MaxGain, state.MonitorGain: mixer.MaxGain, state.RecordBalance: mixer.MaxBalance} {
		if want := fmt.Sprintf("0..%d", most); f.Range() != want {
			t.Errorf("the range of %s is %s, that of the mixer %s", f, f.Range(), want)
		}
	}
	if i := state.NewInfo(audio.DefaultFormat(), state.HWPlay, state.Rules{}); i.Play.Gain != mixer.MaxGain || i.Record.Balance != mixer.MidBalance {
		t.Errorf("a new state has gain %d, balance %d", i.Play.Gain, i.Record.Balance)
	}
}
