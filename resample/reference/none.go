//go:build !reference

package reference

// Candidates returns none: this was built without the tag reference.
func Candidates() []Candidate { return nil }
