package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
)

// The commands of operators work over TCP as over the socket, and say what is wrong if they do not.
func TestCommandsOverTCP(t *testing.T) {
	dir := trial.TempDir(t)
	c := config.Default()
	cardConfig(&c)
	c.Devices[len(c.Devices)-1].Input = config.Input{Tone: 1000, Level: -20}
	c.Daemon.HTTP.Address, c.Daemon.State = "127.0.0.1:0", filepath.Join(dir, "state.json")
	var log trial.Output // the daemon writes while it is read
	d, err := daemon.Start(c, filepath.Join(dir, "s"), zerolog.New(&log), daemon.Source{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	var line struct {
		HTTP  string
		Token string `json:"token_file"`
	}
	for text := range strings.Lines(log.Text()) {
		if strings.Contains(text, "token_file") {
			if err := json.Unmarshal([]byte(text), &line); err != nil {
				t.Fatal(err)
			}
		}
	}
	if line.Token != filepath.Join(dir, "token") {
		t.Fatalf("%+v", line)
	}
	t.Setenv("LOOPBRIDGE_SOCKET", filepath.Join(dir, "none"))
	over := func(token, address string, args ...string) outcome {
		return cliRun(t, nil, append([]string{"--control", address, "--token-file", token}, args...)...)
	}
	address := "http://" + line.HTTP
	over(line.Token, address, "set", "loop0", "play.gain=100").want(t, exitOK)
	over(line.Token, address+"/", "loop", "add", "more", "rate=8000").want(t, exitOK)
	if o := over(line.Token, address, "ls"); o.status != exitOK || !strings.Contains(o.stdout, "\nmore ") {
		t.Errorf("%+v", o)
	}
	if o := over(line.Token, address, "analyse", "mic", "--bands", "0", "--seconds", "0.5"); o.status != exitOK || !strings.Contains(o.stdout, "1000.000 Hz  -20.00") {
		t.Errorf("%+v", o)
	}
	if o := over(line.Token, address, "top", "--once"); o.status != exitOK || !strings.Contains(o.stdout, address) || !strings.Contains(o.stdout, "\n  more ") {
		t.Errorf("%+v", o)
	}
	t.Setenv("LOOPBRIDGE_CONTROL", address)
	t.Setenv("LOOPBRIDGE_TOKEN_FILE", line.Token)
	if o := cliRun(t, nil, "info", "loop0", "play.gain"); o.status != exitOK || o.stdout != "play.gain=100\n" {
		t.Errorf("%+v", o)
	}
	wrong := filepath.Join(dir, "wrong")
	if err := os.WriteFile(wrong, []byte("no"), 0o600); err != nil {
		t.Fatal(err)
	}
	over(wrong, address, "ls").want(t, exitFailed, "the token is wrong")
	over(filepath.Join(dir, "none"), address, "ls").want(t, exitFailed, "the token cannot be read", "no such file")
	over(line.Token, "http://127.0.0.1:1", "ls").want(t, exitFailed, "no daemon on http://127.0.0.1:1", "refused")
	over(line.Token, "https://"+line.HTTP, "ls").want(t, exitFailed, "has gone")
	for _, bad := range []string{"127.0.0.1:7070", "ftp://x", "http://x/v1", "http://u@x", "loopbridge"} {
		over(line.Token, bad, "ls").want(t, exitFailed, "is not the address of a daemon, use one such as http://127.0.0.1:7070")
	}
	t.Setenv("LOOPBRIDGE_TOKEN_FILE", "")
	cliRun(t, nil, "ls").want(t, exitFailed, "wants a token: name the file")
	cliRun(t, nil, "version").want(t, exitOK)
}
