package sdp

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

// Description is what a text says.
type Description struct {
	session.Stream
	// Secure: packets are encrypted (RTP/SAVP). Keys has the key if the text has one.
	Secure bool
}

// Parse reads the description of an audio stream from a file that is trusted: it may have the keys of SRTP. Of several audio
// streams without a=mid it takes the first that this program can play, and of a DUP group (RFC 7104) both paths. The error is audio.ErrInvalid, and
// names the line.
func Parse(text []byte) (Description, error) { return parse(text, true) }

// parse is Parse. search: it names the line of a wrong syntax, which takes some time.
func parse(text []byte, search bool) (Description, error) {
	d, s, err := read(text, search)
	if err != nil {
		return Description{}, err
	}
	r := reader{document: d, session: s, index: map[int]map[string][]attribute{}}
	return r.description()
}

// ParseAnnounced is Parse for what anybody may have sent. It takes no keys, and little time for what is no description.
func ParseAnnounced(text []byte) (Description, error) {
	d, err := parse(text, false)
	d.Keys = nil
	return d, err
}

// reader finds the meaning of a description.
type reader struct {
	document
	session sdp.SessionDescription
	index   map[int]map[string][]attribute // of sections that were looked at, by key: strangers send descriptions, too
}

// attribute is an attribute with its place.
type attribute struct {
	value string
	line  int
}

// attributes returns all attributes of a key in a media section, and then those of the session.
func (r *reader) attributes(media int, key string) (found []attribute) {
	if media < 0 {
		return r.of(-1)[key]
	}
	return slices.Concat(r.of(media)[key], r.of(-1)[key])
}

// of returns the attributes of a section by key.
func (r *reader) of(section int) map[string][]attribute {
	all := r.index[section]
	if all != nil {
		return all
	}
	all = map[string][]attribute{}
	from, to := r.section(section)
	for i := from; i < to; i++ {
		if text, is := strings.CutPrefix(r.lines[i], "a="); is {
			key, value, _ := strings.Cut(text, ":")
			all[key] = append(all[key], attribute{strings.TrimSpace(value), i})
		}
	}
	r.index[section] = all
	return all
}

// attribute returns the first of attributes.
func (r *reader) attribute(media int, key string) (attribute, bool) {
	for _, section := range []int{media, -1} {
		if all := r.of(section)[key]; len(all) > 0 {
			return all[0], true
		}
	}
	return attribute{}, false
}

// description takes the first stream that can be played, or says why the first one cannot.
func (r *reader) description() (Description, error) {
	var first error
	for i, m := range r.session.MediaDescriptions {
		if m.MediaName.Media != "audio" {
			continue
		}
		d, err := r.stream(i)
		if err == nil {
			return d, r.duplicates(i, &d)
		}
		if first == nil {
			first = err
		}
		if _, named := r.attribute(i, "mid"); named {
			return Description{}, err // it may be one of two paths, and is not given up for the other
		}
	}
	if first == nil {
		first = audio.ErrInvalid.With("it describes no audio stream: there is no line that begins with m=audio")
	}
	return Description{}, first
}

// stream reads a media section.
func (r *reader) stream(media int) (Description, error) {
	var d Description
	s := &r.session
	d.Name, d.Origin = oneLine(string(s.SessionName)), origin(&s.Origin)
	if s.SessionInformation != nil {
		d.Info = oneLine(string(*s.SessionInformation))
	}
	for _, step := range []func(int, *Description) error{r.transport, r.payload, r.packet, r.order, r.paths, r.clock, r.crypto} {
		if err := step(media, &d); err != nil {
			return Description{}, err
		}
	}
	return d, nil
}

// duplicates adds the second path of a group:DUP, which must carry the same packets.
func (r *reader) duplicates(media int, d *Description) error {
	mine, named := r.attribute(media, "mid")
	for _, g := range r.attributes(-1, "group") {
		words := strings.Fields(g.value)
		if !named || len(words) < 3 || words[0] != "DUP" || words[1] != mine.value {
			continue
		}
		other, err := r.named(words[2])
		if err == nil && len(words) > 3 {
			err = fmt.Errorf("the group has %d streams, at most two are merged", len(words)-1)
		}
		if err != nil {
			return r.wrong(g.line, err.Error())
		}
		twin, err := r.stream(other)
		if err != nil {
			return err
		}
		if twin.Payload != d.Payload || twin.Type != d.Type || twin.Rate != d.Rate || twin.Channels != d.Channels || twin.Packet != d.Packet || twin.Secure != d.Secure {
			return r.wrong(r.media[other], "differs from the stream that it duplicates in payload, rate, channels or ptime")
		}
		d.Paths = append(d.Paths[:1], twin.Paths[0])
		break // a stream has one group
	}
	return nil
}

// named returns the media section with a mid.
func (r *reader) named(mid string) (int, error) {
	for i := range r.session.MediaDescriptions {
		if all := r.of(i)["mid"]; len(all) > 0 && all[0].value == mid {
			return i, nil
		}
	}
	return 0, fmt.Errorf("no stream has a=mid:%s", mid)
}

// transport reads the port and the profile.
func (r *reader) transport(media int, d *Description) error {
	name, line := &r.session.MediaDescriptions[media].MediaName, r.media[media]
	profile := strings.Join(name.Protos, "/")
	switch profile {
	case "RTP/AVP", "RTP/AVPF":
	case "RTP/SAVP", "RTP/SAVPF":
		d.Secure = true
	default:
		return r.wrong(line, profile+" is not RTP; use RTP/AVP, or RTP/SAVP for encrypted packets")
	}
	switch {
	case name.Port.Value < 1 || name.Port.Value > 65535:
		return r.wrong(line, "the port must be 1..65535; 0 says that the stream is switched off")
	case name.Port.Range != nil && *name.Port.Range != 1:
		return r.wrong(line, "has several ports, which is not one stream")
	}
	return nil
}

// oneLine makes a text printable. SDP has it in UTF-8.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\ufffd' || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return -1
		}
		return r
	}, s))
}
