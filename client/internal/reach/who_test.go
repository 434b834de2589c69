package reach

import "testing"

func TestOutside(t *testing.T) {
	for _, c := range []struct {
		uids     string
		uid, out int
	}{
		{"         0          0 4294967295\n", 1003, 1003},
		{"0 1003 1\n", 0, 1003},
		{"0 1003 1\n1 100000 65536\n", 0, 1003},
		{"0 1003 1\n1 100000 65536\n", 1000, 100999},
		{"0 1003 1\n", 65534, 65534}, // nobody: it has no number inside
		{"", 7, 7},
		{"nonsense\n", 7, 7},
	} {
		if out := outside([]byte(c.uids), c.uid); out != c.out {
			t.Errorf("user %d of %q is %d outside, want %d", c.uid, c.uids, out, c.out)
		}
	}
}
