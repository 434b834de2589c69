package alsa_test

import (
	"os"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/alsa"
	"github.com/loopbridge/loopbridge/backend/alsa/card"
	"github.com/loopbridge/loopbridge/backend/backendtest"
)

// testCards names the cards to test with, as in a configuration, with spaces between.
const testCards = "LOOPBRIDGE_TEST_CARDS"

// TestStreamOnCards is the contract of a stream, on cards that somebody names: the virtual
// machine of package hwtest, or a person.
func TestStreamOnCards(t *testing.T) {
	names := strings.Fields(os.Getenv(testCards))
	if len(names) == 0 {
		t.Skip("no sound card is named in " + testCards + "; package hwtest does that")
	}
	for _, name := range names {
		for _, f := range []audio.Format{audio.DefaultFormat(), {Rate: 48000, Channels: 1, Encoding: audio.FloatLE}} {
			t.Run(name+"/"+strings.ReplaceAll(f.String(), " ", "_"), func(t *testing.T) {
				wish := backend.Config{Format: f, Period: 512, Periods: 3}
				backendtest.TestStream(t, func(wish backend.Config) (backend.Stream, error) {
					var d audio.Direction
					if wish.Play {
						d |= audio.Play
					}
					if wish.Record {
						d |= audio.Record
					}
					c, pcm, err := card.Finder{}.Resolve(name, d)
					if err != nil {
						return nil, err
					}
					return alsa.Open(wish, card.Address{Card: c.Number, Device: pcm.Device})
				}, wish)
			})
		}
	}
}
