package server_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/loopbridge/loopbridge/api"
)

// description is openapi.yaml, once it was found to be valid.
var description = sync.OnceValues(func() (*openapi3.T, error) {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData([]byte(api.Description))
	if err != nil {
		return nil, err
	}
	return doc, doc.Validate(loader.Context)
})

// describe fails the test unless the description has a reply: its path, method, status and all
// its fields.
func describe(t *testing.T, method, path string, status int, body []byte) {
	t.Helper()
	doc, err := description()
	if err != nil {
		t.Fatal(err)
	}
	path, _, _ = strings.Cut(path, "?")
	for pattern, item := range doc.Paths.Map() {
		if !matches(pattern, path) || item.GetOperation(method) == nil {
			continue
		}
		r := item.GetOperation(method).Responses.Status(status)
		if r == nil && slices.Contains([]int{401, 403, 421, 429, 503}, status) {
			r = item.GetOperation(method).Responses.Default()
		}
		if r == nil {
			t.Errorf("%s %s answers %d, which is not described", method, path, status)
			return
		}
		content := r.Value.Content.Get("application/json")
		if content == nil {
			if len(body) > 0 && len(r.Value.Content) == 0 {
				t.Errorf("%s %s answers %d with something that is not described: %.100s", method, path, status, body)
			}
			return
		}
		var reply any
		if err := json.Unmarshal(body, &reply); err != nil {
			t.Errorf("%s %s: %v", method, path, err)
		} else if err := content.Schema.Value.VisitJSON(reply); err != nil {
			t.Errorf("%s %s is not as it is described: %v", method, path, err)
		}
		return
	}
	if status != http.StatusNotFound {
		t.Errorf("%s %s answers %s, and is not described", method, path, strconv.Itoa(status))
	}
}

// describeAs fails the test unless something is of a schema.
func describeAs(t *testing.T, schema string, x any) {
	t.Helper()
	doc, err := description()
	if err == nil {
		err = doc.Components.Schemas[schema].Value.VisitJSON(x)
	}
	if err != nil {
		t.Errorf("no %s as it is described: %v", schema, err)
	}
}

// matches reports whether a path is one of a pattern; a name, a place and a file at the end may have slashes.
func matches(pattern, path string) bool {
	for _, last := range []string{"{name}", "{place}", "{file}"} {
		if cut, ok := strings.CutSuffix(pattern, last); ok {
			return strings.HasPrefix(path, cut)
		}
	}
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return false
	}
	for i := range want {
		if want[i] != have[i] && !strings.HasPrefix(want[i], "{") {
			return false
		}
	}
	return true
}
