package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/loopbridge/loopbridge/client/control"
)

// remoteFlags are how an operator reaches a daemon over TCP.
type remoteFlags struct {
	Control   string `help:"Address of a daemon that answers over TCP, such as http://127.0.0.1:7070, for the commands of operators." placeholder:"URL" env:"LOOPBRIDGE_CONTROL"`
	TokenFile string `help:"File with the token for that address." placeholder:"PATH" env:"LOOPBRIDGE_TOKEN_FILE" complete:"file"`
}

// token reads the token.
func (f *remoteFlags) token() (string, error) {
	if f.TokenFile == "" {
		return "", fmt.Errorf("%s wants a token: name the file that holds it with --token-file or $LOOPBRIDGE_TOKEN_FILE", f.Control)
	}
	text, err := os.ReadFile(f.TokenFile)
	if err != nil {
		return "", fmt.Errorf("the token cannot be read: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// control returns what asks the daemon as an operator.
func (e *env) control() *control.Client {
	if e.remote.Control != "" {
		return control.NewRemote(e.remote.Control, e.remote.token)
	}
	return control.New(e.socket())
}
