package bench

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
)

// soakConfig is the file of the daemon, of which each reload has another version.
type soakConfig struct {
	path, state string
	loops       []string // that are not watched, of the version that runs
}

// watchedTables are the loops whose frames are checked, and their routes.
const watchedTables = `
[[loop]]
name = "plain"
[[loop]]
name = "hold"
on_client_close = "hold"
[[loop]]
name = "back"
[[loop]]
name = "crowd"                 # other clients come and go
clients = "shared"
[[loop]]
name = "wide"
format = "S32_LE"
[[loop]]
name = "from"
[[loop]]
name = "to"
[[loop]]
name = "tapped"
[[route]]
name = "cross"
from = "from"
to = "to"
[[route]]
name = "tap"
from = "plain/heard"
to = "tapped"
`

// playTables are what programs and operators do everything with.
const playTables = `
[[device]]
name = "card"
backend = "null"
rate = 44100
input = { tone = 997, level = -20 }
monitor_gain = 9
[[loop]]
name = "speaker"
server = { device = "card", side = "play" }
[[loop]]
name = "mic"
server = { device = "card", side = "record" }
[[loop]]
name = "reset"
start_timeout = "2s"
[[loop]]
name = "keep"
on_client_close = "hold"
[[loop]]
name = "quiet"
on_client_close = "silence"
rate = 44100
[[loop]]
name = "many"
clients = "shared"
[[loop]]
name = "slow"
rate = 8000
channels = 1
format = "MU_LAW"
[[route]]
name = "talk"
from = "mic"
to = "many"
[[route]]
name = "listen"
from = "quiet/heard"
to = "speaker"
`

// playLoops are the loops of playTables.
func playLoops() []string {
	return []string{"speaker", "mic", "reset", "keep", "quiet", "many", "slow"}
}

// text returns a version of the file, and the loops that are not watched.
func (c *soakConfig) text(r *rand.Rand) (text string, loops []string) {
	var b strings.Builder
	fmt.Fprintf(&b, "[daemon]\nlog = \"warn\"\nstate = %q\n[[device]]\nname = \"null\"\n%s%s", c.state, watchedTables, playTables)
	loops = playLoops()
	if r == nil {
		return b.String(), loops
	}
	some := func(words ...string) string { return words[r.IntN(len(words))] }
	side := r.IntN(3) > 0
	if side {
		fmt.Fprintf(&b, "[[device]]\nname = \"side\"\nbackend = \"null\"\nperiod = %q\n", some("5ms", "10ms", "10ms", "20ms"))
	}
	for i := range 4 {
		if r.IntN(4) == 0 {
			continue
		}
		name := fmt.Sprintf("file%d", i)
		loops = append(loops, name)
		fmt.Fprintf(&b, "[[loop]]\nname = %q\non_client_close = %q\nbuffer = %q\nrate = %s\nclients = %q\n", name, some("reset", "hold", "silence"),
			some("100ms", "340ms", "1s"), some("8000", "44100", "48000", "48000"), some("exclusive", "shared", "shared"))
		if side && i == 3 {
			b.WriteString("device = \"side\"\n")
		}
	}
	if r.IntN(2) > 0 {
		fmt.Fprintf(&b, "[[route]]\nname = \"file\"\nfrom = \"mic\"\nto = %q\ngain = %d\n", some("slow", "keep", "speaker"), r.IntN(256))
	}
	return b.String(), loops
}

// write replaces the file at once, as editors do.
func (c *soakConfig) write(text string) error {
	next := c.path + ".new"
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(next, c.path)
}
