package daemon

import (
	"maps"
	"math"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// TestDeviceOfTwoCards: each card is opened for its side alone, and a program at the one device hears what the second
// card records.
func TestDeviceOfTwoCards(t *testing.T) {
	c, err := config.Load("../../../../configs/two-cards.toml")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	opened := map[string]string{} // by card: the directions
	d := newDaemon(zerolog.New(&trial.Output{}))
	d.cards.opener = func(_ config.Device, name string, wish backend.Config) (backend.Stream, error) {
		mu.Lock()
		defer mu.Unlock()
		directions := ""
		if wish.Play {
			directions += audio.Play.String()
		}
		if wish.Record {
			directions += audio.Record.String()
		}
		opened[name] = directions
		tone, err := null.Tone(wish.Format, 1000, -20)
		if err != nil {
			return nil, err
		}
		return null.Open(wish, null.Options{Input: tone})
	}
	socket := filepath.Join(trial.TempDir(t), "s")
	if err := d.start(c, socket); err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	want := map[string]string{"id:PCH": "play", "usb:0d8c:0014": "record"}
	if !maps.Equal(opened, want) {
		t.Errorf("opened %v, want %v", opened, want)
	}

	p, err := client.Open(t.Context(), socket, "mic", pcm.Options{Role: pcm.Client, Direction: pcm.Read,
		Format: audio.Format{Encoding: audio.FloatLE}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Abandon()
	block := make([]float32, 4800*p.Format().Channels)
	bytes := make([]byte, 4*len(block))
	for range 100 { // 10 s, of which the first are silence while the clocks are measured
		if _, err := p.Read(t.Context(), bytes); err != nil {
			t.Fatal(err)
		}
		audio.FloatLE.Decode(block, bytes)
		if peak := 20 * math.Log10(float64(slices.Max(block))); peak > -20.1 && peak < -19.9 {
			return
		}
	}
	t.Error("the tone of -20 dBFS that the second card records does not come")
}
