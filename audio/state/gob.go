package state

// GobEncode implements gob.GobEncoder: a patch is its JSON.
func (p Patch) GobEncode() ([]byte, error) { return p.MarshalJSON() }

// GobDecode implements gob.GobDecoder.
func (p *Patch) GobDecode(text []byte) error { return p.UnmarshalJSON(text) }
