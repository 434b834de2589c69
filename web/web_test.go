package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/web"
)

// get asks for a path as a mux would pass it on.
func get(path string, header ...string) *http.Response {
	w, q := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
	q.URL.Path = path
	for i := 0; i+1 < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	if path == "/" {
		web.Page(w, q)
	} else {
		web.Files(w, q)
	}
	return w.Result()
}

func TestFilesAreSentWithThePolicy(t *testing.T) {
	for _, path := range []string{"/", "/web/index.html", "/web/nothing.js", "/web/../web.go", "/web/", "/web//index.html"} {
		r := get(path)
		if policy := r.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: the policy is %q", path, policy)
		}
		text, _ := io.ReadAll(r.Body)
		if found := r.StatusCode == 200; found != strings.Contains(strings.ToLower(string(text)), "<!doctype html>") {
			t.Errorf("%s: %d %.80q", path, r.StatusCode, text)
		}
	}
	for path, want := range map[string]int{"/": 200, "/web/index.html": 200, "/web/nothing.js": 404, "/web/../web.go": 404, "/web/": 404} {
		if got := get(path).StatusCode; got != want {
			t.Errorf("%s is answered with %d, want %d", path, got, want)
		}
	}
}

// A file that has not changed is not sent again; one that a browser can unpack is packed.
func TestFilesAreSentOnce(t *testing.T) {
	first := get("/")
	plain, _ := io.ReadAll(first.Body)
	if again := get("/", "If-None-Match", first.Header.Get("ETag")); again.StatusCode != 304 {
		t.Errorf("the same file again is answered with %d", again.StatusCode)
	}
	if other := get("/", "If-None-Match", `"0"`); other.StatusCode != 200 {
		t.Errorf("a file that has changed is answered with %d", other.StatusCode)
	}
	packed := get("/", "Accept-Encoding", "br, gzip")
	if packed.Header.Get("Content-Encoding") != "gzip" {
		return // it would not be smaller
	}
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(z); err != nil || string(text) != string(plain) {
		t.Errorf("unpacked, it is %q, %v", text, err)
	}
}

// A page that is open sees an upgrade by the tag of the page, which no other file has.
func TestTagsTellFilesApart(t *testing.T) {
	tags := map[string]string{}
	for _, path := range []string{"/", "/web/page.js", "/web/page.css", "/web/uplot/uPlot.iife.min.js"} {
		tag := get(path).Header.Get("ETag")
		if other, known := tags[tag]; known || len(tag) < 10 {
			t.Errorf("%s and %q have the tag %q", path, other, tag)
		}
		tags[tag] = path
	}
}
