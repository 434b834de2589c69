package config

import (
	"errors"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// A loop that is asked for is refused in the words of a file, in the order that its keys have there.
func TestParseLoopRefuses(t *testing.T) {
	for object, want := range map[string]string{
		`[]`:                                 "not a JSON object: json: cannot unmarshal array into Go value of type map[string]interface {}",
		`null`:                               "loop[0].name: missing, use " + aName,
		`{"rate": "x", "name": "a"}`:         "loop[0].rate = 'x': is a string, use an integer 1000..768000",
		`{"name": "a", "rate": null}`:        "",
		`{"name": "a", "positions": [null]}`: "loop[0].positions: has an element that is null, use an array of ALSA's names, such as [\"FL\", \"FR\", \"FC\", \"LFE\", \"RL\", \"RR\"]",
		`{"server": {"device": "desk", "b c": 1.0}, "zone": [{}], "period": "1h", "clients": ["x"]}`: "loop[0].name: missing, use " + aName + "\n" +
			"loop[0].clients = ['x']: is an array, use one of exclusive, shared\n" +
			"loop[0].period = '1h': out of range, use 0.5ms..1s\n" +
			"loop[0].server.side: missing, use \"play\" or \"record\"\n" +
			"loop[0].server.\"b c\" = 1.0: unknown key, use one of device, side\n" +
			"loop[0].server.device = 'desk': no such device, use one of main, null\n" +
			"loop[0].zone: unknown key, use one of name, device, rate, channels, format, positions, on_client_close, resampler, channel_map, dither, start_timeout, buffer, period, server, meters, clients",
	} {
		l, err := ParseLoop([]byte(object), []string{"null", "main"})
		switch {
		case want == "" && (err != nil || l.Name != "a" || l.Format != audio.DefaultFormat()):
			t.Errorf("%s: %+v, %v", object, l, err)
		case want != "" && (!errors.Is(err, audio.ErrInvalid) || err.Error() != want):
			t.Errorf("%s:\n%v\nwant\n%s", object, err, want)
		}
	}
}
