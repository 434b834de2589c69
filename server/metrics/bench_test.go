package metrics_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/loopbridge/loopbridge/server/metrics"
)

// BenchmarkScrape is one scrape of 200 pairs, without the socket.
func BenchmarkScrape(b *testing.B) {
	d := pairs(b, manyPairs)
	h := metrics.Handler(metrics.Sources{Version: "1", Bay: d.Bay})
	for name, encoding := range map[string]string{"plain": "", "gzip": "gzip"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w, q := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/metrics", nil)
				q.Header.Set("Accept-Encoding", encoding)
				h.ServeHTTP(w, q)
				if w.Code != http.StatusOK {
					b.Fatal(w.Code, w.Body)
				}
				b.ReportMetric(float64(w.Body.Len()), "bytes")
			}
		})
	}
}
