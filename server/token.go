package server

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
)

// The length of a token, in characters.
const (
	minToken = 24
	maxToken = 1024
)

// token is what an operator over TCP has to know. Only its hash is kept.
type token [sha256.Size]byte

// is compares in a time that says nothing about the token.
func (t token) is(given string) bool {
	hash := sha256.Sum256([]byte(given))
	return subtle.ConstantTimeCompare(t[:], hash[:]) == 1
}

// watchToken returns the token in a file. If there is no file, it makes one.
func watchToken(path string, tell func(token, error)) *watched[token] {
	return &watched[token]{paths: []string{path}, tell: tell, load: func() (token, error) {
		t, err := readToken(path)
		if errors.Is(err, os.ErrNotExist) {
			if err = makeToken(path); err == nil {
				t, err = readToken(path)
			}
		}
		return t, err
	}}
}

// readToken reads a file that nobody else may read or have written.
func readToken(path string) (t token, err error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return t, err
	case errors.Is(err, unix.ELOOP):
		return t, audio.ErrAccess.With("the token file %s is a symbolic link: name the file itself as token_file", path)
	case err != nil:
		return t, audio.ErrAccess.With("the token file cannot be read: %v; give it to the user that runs the daemon", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return t, audio.ErrAccess.With("the token file cannot be read: %v", err)
	}
	var owner unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &owner); err != nil {
		return t, audio.ErrAccess.With("the token file %s cannot be read: %v", path, err)
	}
	switch me := os.Geteuid(); {
	case !info.Mode().IsRegular():
		return t, audio.ErrAccess.With("the token file %s is no regular file: name another one as token_file", path)
	case info.Mode().Perm()&^0o600 != 0:
		return t, audio.ErrAccess.With("others may use the token file %s, whose mode is %04o: take that away with chmod 600 %s",
			path, info.Mode().Perm(), path)
	case owner.Uid != 0 && int(owner.Uid) != me:
		return t, audio.ErrAccess.With("the token file %s belongs to user %d: give it to the user that runs the daemon with chown %d %s",
			path, owner.Uid, me, path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxToken+2))
	if err != nil {
		return t, audio.ErrAccess.With("the token file cannot be read: %v", err)
	}
	given := strings.TrimSpace(string(text))
	plain := func(r rune) bool { return r > ' ' && r < 0x7f }
	if len(given) < minToken || len(given) > maxToken || strings.TrimFunc(given, plain) != "" {
		return t, audio.ErrInvalid.With("the token file %s must hold one word of %d..%d characters: "+
			"remove it, and the daemon makes one", path, minToken, maxToken)
	}
	return sha256.Sum256([]byte(given)), nil
}

// makeToken writes a new token. Nobody sees half of it.
func makeToken(path string) error {
	var secret [32]byte
	_, _ = rand.Read(secret[:])                            // never fails
	f, err := os.CreateTemp(filepath.Dir(path), ".token-") // of mode 0600
	if err == nil {
		_, err = fmt.Fprintln(f, hex.EncodeToString(secret[:]))
		err = errors.Join(err, f.Close())
		if err == nil {
			err = os.Link(f.Name(), path) // unlike a rename, it leaves a file that came in between
		}
		os.Remove(f.Name())
	}
	if err != nil && !errors.Is(err, os.ErrExist) {
		return audio.ErrAccess.With("there is no token file %s, and none can be made: %v; "+
			"name one in a folder of the daemon as token_file", path, err)
	}
	return nil
}
