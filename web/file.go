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
	f := &file{plain: plain, tag: tagOf(plain), kind: kindOf(name)}
	if name == page {
		if f.tag, err = tagOfAll(); err != nil {
			return nil, err
		}
	}
	if packed := pack(plain); len(packed) < len(plain) {
		f.packed = packed
	}
	s.known[name] = f
	return f, nil
}

// tagOf returns the ETag of a file.
func tagOf(parts ...[]byte) string {
	sum := sha256.New()
	for _, part := range parts {
		sum.Write(part)
	}
	return `"` + hex.EncodeToString(sum.Sum(nil)[:8]) + `"`
}

// tagOfAll returns the ETag of the page: it changes with any of its files, so that a page that is open sees an upgrade.
func tagOfAll() (string, error) {
	var all [][]byte
	err := fs.WalkDir(files, "files", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := files.ReadFile(name)
		all = append(all, []byte(name), text)
		return err
	})
	return tagOf(all...), err
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
