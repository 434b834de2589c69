package server

import (
	"net/http"
	"net/http/pprof"
)

// profiles answers what "go tool pprof" asks: how the daemon spends its time and memory.
func profiles(w http.ResponseWriter, r *http.Request) {
	switch r.PathValue("profile") {
	case "cmdline":
		pprof.Cmdline(w, r)
	case "profile":
		pprof.Profile(w, r)
	case "symbol":
		pprof.Symbol(w, r)
	case "trace":
		pprof.Trace(w, r)
	default:
		pprof.Index(w, r) // the list, or a profile of package runtime/pprof
	}
}
