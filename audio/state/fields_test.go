package state

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// The names and their order are what programs and people rely on.
func TestFieldTable(t *testing.T) {
	side := "sample_rate channels precision encoding gain gain_db port avail_ports mod_ports buffer_size samples eof pause error waiting balance open active delay"
	var want []string
	for _, d := range []string{"play", "record"} {
		for name := range strings.FieldsSeq(side) {
			want = append(want, d+"."+name)
		}
	}
	want = append(want, "monitor_gain", "output_muted", "ref_cnt", "hw_features", "sw_features")
	var got []string
	for f := range Fields() {
		got = append(got, f.Name())
		if back, ok := FieldByName(f.Name()); back != f || !ok || !f.Valid() {
			t.Errorf("%s is found as %s, %v", f, back, ok)
		}
		if f.Kind() == 0 || f.Range() == "" || f.Access().String() == "" {
			t.Errorf("%s has kind %s, range %q, access %q", f, f.Kind(), f.Range(), f.Access())
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("fields %q, want %q", got, want)
	}
	for _, f := range []Field{0, endOfFields, 255} {
		if f.Valid() || f.Name() != "" {
			t.Errorf("field %d is %q", uint8(f), f.Name())
		}
	}
	if _, ok := FieldByName(""); ok {
		t.Error("there is a field without a name")
	}
}

func TestFieldConstantsHaveTheirNames(t *testing.T) {
	for f, c := range map[Field][3]string{
		PlaySampleRate:   {"play.sample_rate", "1000..768000", "settable, by the program that holds the stream"},
		PlayPrecision:    {"play.precision", "8..64", "settable, by the program that holds the stream"},
		PlayGainDB:       {"play.gain_db", "-inf..0", "settable"},
		PlayEOF:          {"play.eof", "0..4294967295", "settable, while open, returns the old value"},
		PlayWaiting:      {"play.waiting", "0 or 1", "settable, to 1, while open"},
		PlayActive:       {"play.active", "0 or 1", "read-only"},
		RecordGain:       {"record.gain", "0..255", "settable"},
		RecordPort:       {"record.port", "microphone, line_in, cd, spdif_in, aux1_in, aux2_in, codec_loopb_in or sunvts, joined with +", "settable"},
		RecordEOF:        {"record.eof", "0..4294967295", "settable without effect"},
		RecordError:      {"record.error", "0 or 1", "settable, while open, returns the old value"},
		RecordBufferSize: {"record.buffer_size", "1..4294967295", "settable"},
		RecordSamples:    {"record.samples", "0..4294967295", "settable, returns the old value"},
		RecordBalance:    {"record.balance", "0..64", "settable"},
		MonitorGain:      {"monitor_gain", "0..255", "settable"},
		OutputMuted:      {"output_muted", "0 or 1", "settable"},
		RefCount:         {"ref_cnt", "0..255", "read-only"},
		HWFeatureBits:    {"hw_features", "duplex, mscodec, in2out, play or record, joined with +", "read-only"},
		SWFeatureBits:    {"sw_features", "mixer", "read-only"},
	} {
		if got := [3]string{f.Name(), f.Range(), f.Access().String()}; got != c {
			t.Errorf("%q, want %q", got, c)
		}
	}
}

func TestInfoAsJSON(t *testing.T) {
	i := openCard()
	i.Play.Gain, i.Record.Gain, i.OutputMuted, i.MonitorGain = 128, 0, true, 7
	const side = `"sample_rate":48000,"channels":2,"precision":16,"encoding":"S16_LE",`
	want := `{"play":{` + side + `"gain":128,"gain_db":-5.99,"port":"speaker","avail_ports":"speaker+headphone+line_out",` +
		`"mod_ports":"speaker+headphone+line_out","buffer_size":19200,"samples":1234,"eof":5,"pause":false,"error":true,` +
		`"waiting":false,"balance":32,"open":true,"active":true,"delay":0},` +
		`"record":{` + side + `"gain":0,"gain_db":"-inf","port":"microphone","avail_ports":"microphone+line_in+cd",` +
		`"mod_ports":"microphone+line_in+cd","buffer_size":19200,"samples":1234,"eof":0,"pause":false,"error":true,` +
		`"waiting":false,"balance":32,"open":true,"active":true,"delay":0},` +
		`"monitor_gain":7,"output_muted":true,"ref_cnt":0,"hw_features":"duplex+in2out+play+record","sw_features":"none"}`
	got, err := json.Marshal(i)
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s, want\n%s", err, got, want)
	}
	for _, i := range []Info{i, {}, card(), NewInfo(audio.DefaultFormat(), HWRecord, Rules{})} {
		text, err := json.Marshal(i)
		var back Info
		if err == nil {
			err = json.Unmarshal(text, &back)
		}
		if err != nil || back != i {
			t.Errorf("%v: back %+v, want %+v", err, back, i)
		}
	}
}

func TestInfoFromOtherJSON(t *testing.T) {
	i := card()
	want := i
	want.Play.Gain = 9
	text := `{"play":{"gain":9,"new":{"a":[1]}},"more":null}`
	if err := json.Unmarshal([]byte(text), &i); err != nil || i != want {
		t.Errorf("%v: unknown fields changed %q", err, diff(want, i))
	}
	for _, text := range []string{`{"play":{"gain":8,"eof":-1}}`, `{"monitor_gain":256}`, `[]`, `{"play":[]}`, `3`} {
		if err := json.Unmarshal([]byte(text), &i); err == nil || i != want {
			t.Errorf("%s: error %v, changed %q", text, err, diff(want, i))
		}
	}
}

// Values printed can be given back (edge case 62): of each field that can be set, as
// text and as JSON.
func TestD18Edge62ValuesGoBack(t *testing.T) {
	quiet := openCard()
	quiet.Play.Gain, quiet.Record.Gain, quiet.MonitorGain, quiet.OutputMuted = 0, 17, 200, true
	quiet.Play.Port, quiet.Record.Balance = audio.PortSpeaker|audio.PortLineOut, 64
	for _, i := range []Info{card(), openCard(), quiet} {
		for f := range Fields() {
			if f.Access()&Settable == 0 {
				continue
			}
			byText, err := ParsePatch(f.Name() + "=" + f.Text(&i))
			if err != nil {
				t.Error(err)
			}
			byJSON, err := ParsePatchJSON([]byte(`{"` + f.Name() + `":` + string(f.JSON(&i)) + `}`))
			if err != nil || byJSON != byText {
				t.Errorf("%s: as JSON %s, as text %s, %v", f, byJSON, byText, err)
			}
			if v, ok := byText.Get(f); v != f.Get(&i) || !ok {
				t.Errorf("%s: %d, want %d", f, v, f.Get(&i))
			}
			after := i
			if r, err := after.Apply(byText, cardRules()); err != nil || after != i || r.Changed != 0 {
				t.Errorf("%s: %v, changed %q", f, err, diff(i, after))
			}
		}
	}
}

// All 256 gains survive as dB with two decimals.
func TestD19GainDB(t *testing.T) {
	for gain := range 256 {
		i := Info{Play: Side{Gain: gain}}
		text := PlayGainDB.Text(&i)
		if p := mustPatch(t, "play.gain_db="+text); p.values[PlayGain] != uint32(gain) {
			t.Errorf("gain %d is %s dB, which is gain %d", gain, text, p.values[PlayGain])
		}
		if x, err := strconv.ParseFloat(text, 64); err != nil || gain > 0 && math.Abs(x-20*math.Log10(float64(gain)/255)) > 0.00501 {
			t.Errorf("gain %d is %s dB: %v", gain, text, err)
		}
	}
	for text, want := range map[string]uint32{"0": 255, "-0.016": 255, "-0.018": 254, "-6": 128, "-inf": 0, "-Infinity": 0, "-1e999": 0, "-48.2": 1, "-54.1": 1, "-54.2": 0} {
		if p := mustPatch(t, "record.gain_db="+text); p.values[RecordGain] != want || p.has != FieldSet(0).With(RecordGain) {
			t.Errorf("%s dB is %s, want %d", text, p, want)
		}
	}
}
