package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"path"
	"sync"
)

// file is a file as it is sent.
type file struct {
	plain, packed []byte // packed: with gzip; nil: not smaller
	tag, kind     string
}

// shelf holds the files that were asked for.
type shelf struct {
	mu    sync.Mutex
	known map[string]*file
}

// loaded returns the shelf. Files are packed when they are first asked for: a daemon whose page nobody opens keeps none.
var loaded = sync.OnceValue(func() *shelf { return &shelf{known: map[string]*file{}} })

func (s *shelf) file(name string) (*file, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.known[name]; f != nil {
		return f, nil
	}
	plain, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(plain)
	f := &file{plain: plain, tag: `"` + hex.EncodeToString(sum[:8]) + `"`, kind: kindOf(name)}
	if packed := pack(plain); len(packed) < len(plain) {
		f.packed = packed
	}
	s.known[name] = f
	return f, nil
}

// kindOf does not ask the machine, whose tables differ.
func kindOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		return kind
	}
	return "application/octet-stream"
}

func pack(plain []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level exists
	_, _ = z.Write(plain)                                 // into memory
	_ = z.Close()
	return b.Bytes()
}
