package alarm

import (
	"bytes"
	"io"
	"os"
	"syscall"

	"github.com/loopbridge/loopbridge/audio"
)

// The length of a secret, in bytes. HMAC-SHA256 gains nothing from more than a block of the hash.
const (
	minSecret = 16
	maxSecret = 1024
)

// readSecret reads a file that nobody else may read or have written. It is read for each notice, so it can be replaced.
func readSecret(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, audio.ErrAccess.With("the secret of the webhook cannot be read: %v", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, audio.ErrAccess.With("the secret of the webhook cannot be read: %v", err)
	}
	owner, known := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.Mode().IsRegular():
		return nil, audio.ErrAccess.With("the secret file %s is no regular file", path)
	case info.Mode().Perm()&^0o600 != 0:
		return nil, audio.ErrAccess.With("others may use the secret file %s, whose mode is %04o: take that away with chmod 600 %s",
			path, info.Mode().Perm(), path)
	case known && owner.Uid != 0 && int(owner.Uid) != os.Geteuid():
		return nil, audio.ErrAccess.With("the secret file %s belongs to user %d: give it to the user that runs the daemon", path, owner.Uid)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSecret+2))
	if err != nil {
		return nil, audio.ErrAccess.With("the secret of the webhook cannot be read: %v", err)
	}
	secret := bytes.TrimSpace(text)
	if len(secret) < minSecret || len(secret) > maxSecret {
		return nil, audio.ErrInvalid.With("the secret file %s must hold %d..%d bytes", path, minSecret, maxSecret)
	}
	return secret, nil
}
