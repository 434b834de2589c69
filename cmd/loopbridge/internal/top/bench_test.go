package top

import "testing"

// BenchmarkDraw draws a large screen, as top does ten times a second.
func BenchmarkDraw(b *testing.B) {
	m := showing(crowd(40), 250, 60)
	for b.Loop() {
		Draw(m)
	}
}
