//go:build !reference

package reference

// Candidates is nobody: this was built without the tag reference.
func Candidates() []Candidate { return nil }
