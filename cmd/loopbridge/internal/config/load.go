package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/files"
)

// Load reads a file, and the headers of the sound files that it names. If the content is wrong, the error
// is Problems with every problem; any other error means that the file could not be read.
func Load(path string) (Config, error) {
	doc, err := read(path)
	if err != nil {
		return Config{}, err
	}
	return (&binder{file: path, probe: probeInput}).parse(doc)
}

// Reload is Load for a daemon that runs already. A file without a key would end all that runs, so that is a problem,
// too: more likely somebody is just writing it.
func Reload(path string) (Config, error) {
	doc, err := read(path)
	if err != nil {
		return Config{}, err
	}
	return (&binder{file: path, probe: probeInput, running: true}).parse(doc)
}

// ParseReload is Reload for the text of a file. It opens no file.
func ParseReload(name string, doc []byte) (Config, error) {
	return (&binder{file: name, running: true}).parse(doc)
}

func read(path string) ([]byte, error) {
	f, err := files.Open("configuration", path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	doc, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, files.Cause(err))
	}
	if len(doc) > maxFile {
		return nil, fmt.Errorf("%s is larger than %d bytes: this is not a loopbridge configuration", path, maxFile)
	}
	return doc, nil
}

// Parse parses the text of a file; name is for messages. It opens no file.
func Parse(name string, doc []byte) (Config, error) {
	return (&binder{file: name}).parse(doc)
}

func (b *binder) parse(doc []byte) (Config, error) {
	c := Default()
	if values, ok := b.decode(doc); ok {
		if b.running && len(values) == 0 {
			b.add("", "", 0, "has no key, and would end all that runs: write what is to run, or restart the daemon for its defaults")
		}
		c = b.config(values)
	}
	if len(b.problems) > 0 {
		b.problems.sort()
		return Config{}, b.problems
	}
	return c, nil
}

// decode decodes TOML. go-toml stops at its first problem; to find the others, decode blanks the faulty
// key and decodes again. It returns false and no values if the text after a fault cannot be understood.
func (b *binder) decode(doc []byte) (values map[string]any, ok bool) {
	const most = 20 // problems; a file with more is hardly TOML
	for range most {
		b.index = indexKeys(doc)
		values = nil
		err := toml.Unmarshal(doc, &values)
		var fault *toml.DecodeError
		switch {
		case err == nil:
			return values, true
		case !errors.As(err, &fault):
			b.add("", "", 0, "not TOML: "+err.Error())
			return nil, false
		}
		from, to := b.fault(fault)
		if from == to {
			return nil, false
		}
		doc = blank(doc, from, to)
	}
	return nil, false
}

// fault reports what go-toml refused and returns the range to blank, empty if that would change
// the meaning of later lines.
func (b *binder) fault(fault *toml.DecodeError) (from, to int) {
	x, doc := b.index, b.index.doc
	line, column := fault.Position()
	start := lineStart(doc, line)
	offset := min(start+column-1, len(doc))
	what := strings.TrimPrefix(fault.Error(), "toml: ")

	if e, found := x.at(offset); found {
		first := x.places[e.path]
		if first.key < e.key {
			b.add(e.path, x.text(e.place), offset, fmt.Sprintf("already defined on line %d, use it once", b.line(e.path)))
		} else {
			b.add(e.path, x.text(e.place), offset, "not TOML: "+what)
			b.partial = true
		}
		return e.key, e.end // empty for a header
	}

	b.partial = true
	text, _, _ := strings.Cut(string(doc[start:]), "\n")
	key, value, isKey := strings.Cut(text, "=")
	key = strings.TrimSpace(key)
	if !isKey || !isBare(key) || !x.begins(start) {
		b.add(oneLine(text), "", offset, "not TOML: "+what)
		return 0, 0
	}
	b.add(join(x.table, key), oneLine(value), offset, "not TOML: "+what)
	if strings.ContainsAny(value, "[{") || strings.Contains(value, `"""`) || strings.Contains(value, "'''") {
		return 0, 0 // the value may continue after the line
	}
	return start, start + len(text)
}

// lineStart returns the offset of a line, counted from 1.
func lineStart(doc []byte, line int) (offset int) {
	for ; line > 1; line-- {
		offset += bytes.IndexByte(doc[offset:], '\n') + 1
	}
	return offset
}

// blank returns doc with a range replaced by spaces, so that offsets stay the same.
func blank(doc []byte, from, to int) []byte {
	doc = append([]byte(nil), doc...)
	for i := from; i < to; i++ {
		if doc[i] != '\n' {
			doc[i] = ' '
		}
	}
	return doc
}
