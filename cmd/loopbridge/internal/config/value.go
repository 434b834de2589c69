package config

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/audio"
)

// kindOf returns the TOML type of a decoded value.
func kindOf(v any) string {
	switch v.(type) {
	case string:
		return "a string"
	case int64:
		return "an integer"
	case float64:
		return "a float"
	case bool:
		return "a boolean"
	case []any:
		return "an array"
	case map[string]any:
		return "a table"
	case nil:
		return "null"
	}
	return "a date or time"
}

func wrongType(v any, use string) string { return "is " + kindOf(v) + ", use " + use }

func setInt(to *int, least, most int) func(any) string {
	return func(v any) string {
		n, ok := v.(int64)
		if !ok {
			return wrongType(v, fmt.Sprintf("an integer %d..%d", least, most))
		}
		if n < int64(least) || n > int64(most) {
			return fmt.Sprintf("out of range, use %d..%d", least, most)
		}
		*to = int(n)
		return ""
	}
}

func setBool(to *bool) func(any) string {
	return func(v any) string {
		b, ok := v.(bool)
		if !ok {
			return wrongType(v, "true or false")
		}
		*to = b
		return ""
	}
}

// setChoice accepts one of words, each of which stands for a value.
func setChoice[T any](to *T, words []string, values ...T) func(any) string {
	return func(v any) string {
		s, ok := v.(string)
		if !ok {
			return wrongType(v, oneOf(words))
		}
		n := slices.Index(words, s)
		if n < 0 {
			return "unknown, use " + oneOf(words)
		}
		*to = values[n]
		return ""
	}
}

// setOneOf accepts the name of one of all.
func setOneOf[T fmt.Stringer](to *T, all ...T) func(any) string {
	words := make([]string, len(all))
	for i, v := range all {
		words[i] = v.String()
	}
	return setChoice(to, words, all...)
}

func setEncoding(to *audio.Encoding) func(any) string {
	return func(v any) string {
		s, ok := v.(string)
		if !ok {
			return wrongType(v, "one of "+audio.EncodingNames())
		}
		e, err := audio.ParseEncoding(s)
		if err != nil {
			return "unknown, use one of " + audio.EncodingNames()
		}
		*to = e
		return ""
	}
}

// aName describes the names of loops and devices.
const aName = `1..63 letters, digits, "-", "_" or "."`

func setName(to *string) func(any) string {
	return setText(to, "not a name, use ", aName, func(s string) bool {
		odd := func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r))
		}
		return s != "" && len(s) <= MaxName && strings.IndexFunc(s, odd) < 0
	})
}

// setText accepts a text that fits its use; for any other it reports not.
func setText(to *string, not, use string, fit func(string) bool) func(any) string {
	return func(v any) string {
		s, ok := v.(string)
		if !ok {
			return wrongType(v, use)
		}
		if !fit(s) {
			return not + use
		}
		*to = s
		return ""
	}
}

// setAccount accepts the name of a user or a group; the daemon looks it up.
func setAccount(to *string, use string) func(any) string {
	return setText(to, "not a name, use ", use, func(s string) bool { return !strings.ContainsAny(s, ":/ \t\r\n\x00") })
}

// setSocket accepts an absolute path, or "" for the usual search.
func setSocket(to *string) func(any) string {
	use := fmt.Sprintf(`an absolute path of at most %d bytes, or ""`, maxSocket)
	return setText(to, "not a socket's path, use ", use, func(s string) bool {
		return len(s) <= maxSocket && isPath(s, "")
	})
}

// setState accepts an absolute path, "" for the default, or NoState.
func setState(to *string) func(any) string {
	return setText(to, "not the path of a file, use ", `an absolute path, "" or "none"`,
		func(s string) bool { return isPath(s, "", NoState) })
}

// isPath reports whether s is an absolute path or one of words.
func isPath(s string, words ...string) bool {
	return slices.Contains(words, s) || s != "" && s[0] == '/' && !strings.ContainsRune(s, 0)
}

// setMode accepts an octal string. The owner keeps all rights.
func setMode(to *fs.FileMode) func(any) string {
	const use = `an octal string "0600".."0777"`
	return func(v any) string {
		s, ok := v.(string)
		if !ok {
			return wrongType(v, use)
		}
		n, err := strconv.ParseUint(s, 8, 32)
		if err != nil {
			return "not a file mode, use " + use
		}
		if n < 0o600 || n > 0o777 {
			return "out of range, use " + use
		}
		*to = fs.FileMode(n)
		return ""
	}
}

// setDuration accepts a string with a unit. allowed is the range in words.
func setDuration(to *time.Duration, least, most time.Duration, allowed string) func(any) string {
	return func(v any) string {
		use := `a duration such as "10ms", ` + allowed
		s, ok := v.(string)
		if !ok {
			return wrongType(v, use)
		}
		d, err := time.ParseDuration(s)
		if err != nil {
			return "not a duration, use " + use
		}
		if d < least || d > most {
			return "out of range, use " + allowed
		}
		*to = d
		return ""
	}
}
