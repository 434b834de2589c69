// Package web is the page of the daemon: files for browsers, embedded as they are.
//
//	index.html ─▶ page.js ─┬─▶ live.js      /v1/live: meters and events, a WebSocket
//	  *.css                ├─▶ ear.js       /v1/listen: sound, in a worker; player.js on the browser's audio thread
//	                       └─▶ request.js   /v1/…: everything else
//
// Nothing is fetched from elsewhere, and a browser executes nothing but these files: the policy forbids inline scripts, so a name
// in the page is text whatever it says.
package web

import (
	"embed"
	"net/http"
	"path"
	"strings"
)

//go:embed files
var files embed.FS

const page = "files/index.html"

// policy is the Content-Security-Policy of the page.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
	"media-src 'self' blob:; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Page answers with the page.
func Page(w http.ResponseWriter, r *http.Request) { answer(w, r, page) }

// Files answers GET /web/NAME with a file of the page.
func Files(w http.ResponseWriter, r *http.Request) {
	answer(w, r, path.Join("files", strings.TrimPrefix(r.URL.Path, "/web/")))
}

// answer sends a file. A browser asks each time whether it has changed, as it does with an upgrade.
func answer(w http.ResponseWriter, r *http.Request, name string) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache")
	f, err := loaded().file(name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	h.Set("ETag", f.tag)
	h.Set("Content-Type", f.kind)
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("If-None-Match"), f.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.plain
	if f.packed != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = f.packed
	}
	_, _ = w.Write(body)
}
