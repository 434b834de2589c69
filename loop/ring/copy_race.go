//go:build race

package ring

// copyOut is byte by byte, because the race detector instruments the built-in copy even here, and cannot
// know that a torn copy is thrown away.
//
//go:norace
func copyOut(p, a, b []byte) {
	for i := range min(len(p), len(a)) {
		p[i] = a[i]
	}
	for i := range min(len(p)-min(len(p), len(a)), len(b)) {
		p[len(a)+i] = b[i]
	}
}
