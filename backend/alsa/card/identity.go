package card

import (
	"strconv"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
)

// IdentityKind is the property by which a name finds a card.
type IdentityKind uint8

// The kinds of identity, from the most to the least stable.
const (
	ByUSB    IdentityKind = iota // "usb:VENDOR:PRODUCT:SERIAL", "usb:VENDOR:PRODUCT"
	ByPath                       // whichever card is plugged in there
	ByID                         // "id:PCH"
	ByNumber                     // "hw:0", in the order in which drivers loaded
	ByChance                     // "auto"
)

// Identity is a parsed name of a card.
type Identity struct {
	Kind                    IdentityKind
	Vendor, Product, Serial string // ByUSB
	Text                    string // ByPath, ByID
	Number                  int    // ByNumber
	Device                  int    // of the PCM; −1: the first that fits
}

const (
	identityKey     = "card"
	identityFormats = `"usb:VENDOR:PRODUCT:SERIAL" or "usb:VENDOR:PRODUCT" (such as usb:0d8c:0014), ` +
		`"path:PATH" (as in /dev/snd/by-path, such as path:pci-0000:00:1f.3), ` +
		`"id:ID" (such as id:PCH), "hw:NUMBER" (such as hw:0) or "auto"`
)

// ParseIdentity parses a name of a card. A comma and a number after it name the PCM device:
// "hw:0,2", "id:PCH,3". The error is audio.ErrInvalid and names the formats.
func ParseIdentity(name string) (Identity, error) {
	i := Identity{Kind: ByChance, Device: -1}
	bad := func(why string) (Identity, error) {
		return Identity{}, audio.ErrInvalid.With("%s = %q: %s; use %s, with a comma "+
			"and a number after it for a PCM device other than the first",
			identityKey, name, why, identityFormats)
	}
	rest := strings.TrimSpace(name)
	comma := strings.LastIndexByte(rest, ',')
	if comma >= 0 {
		n, err := strconv.ParseUint(rest[comma+1:], 10, 8)
		switch {
		case err == nil:
			i.Device, rest = int(n), rest[:comma]
		case !strings.HasPrefix(rest, "usb:"): // otherwise the comma is part of the serial number
			return bad("the PCM device after the comma is not a number 0..255")
		}
	}
	kind, text, _ := strings.Cut(rest, ":")
	switch kind {
	case "auto":
		if rest != "auto" || comma >= 0 {
			return bad("auto takes nothing after it")
		}
	case "hw":
		n, err := strconv.ParseUint(text, 10, 8)
		if err != nil {
			return bad("hw: needs the number of a card, 0..255")
		}
		i.Kind, i.Number = ByNumber, int(n)
	case "id":
		i.Kind, i.Text = ByID, text
	case "path":
		i.Kind, i.Text = ByPath, text
	case "usb":
		parts := strings.SplitN(strings.ToLower(text), ":", 3)
		if len(parts) < 2 || !isHex4(parts[0]) || !isHex4(parts[1]) {
			return bad("VENDOR and PRODUCT of usb: are four hex digits each")
		}
		i.Kind, i.Vendor, i.Product = ByUSB, parts[0], parts[1]
		if len(parts) == 3 {
			i.Serial = text[len("0000:0000:"):]
			if i.Serial == "" {
				return bad("the serial number is empty")
			}
		}
	default:
		return bad("this is not a name of a sound card")
	}
	if (i.Kind == ByID || i.Kind == ByPath) && i.Text == "" {
		return bad("nothing follows " + kind + ":")
	}
	return i, nil
}

func isHex4(s string) bool {
	_, err := strconv.ParseUint(s, 16, 16)
	return len(s) == 4 && err == nil
}

// String returns the shortest name that ParseIdentity reads as i.
func (i Identity) String() string {
	s := ""
	switch i.Kind {
	case ByUSB:
		s = "usb:" + i.Vendor + ":" + i.Product
		if i.Serial != "" {
			s += ":" + i.Serial
		}
	case ByPath:
		s = "path:" + i.Text
	case ByID:
		s = "id:" + i.Text
	case ByNumber:
		s = "hw:" + strconv.Itoa(i.Number)
	default:
		return "auto"
	}
	if i.Device >= 0 {
		s += "," + strconv.Itoa(i.Device)
	}
	return s
}

// fits reports whether i names the card.
func (i Identity) fits(c Card) bool {
	switch i.Kind {
	case ByUSB:
		return strings.EqualFold(c.Vendor, i.Vendor) && strings.EqualFold(c.Product, i.Product) &&
			(i.Serial == "" || c.Serial == i.Serial)
	case ByPath:
		return c.Path == i.Text
	case ByID:
		return c.ID == i.Text
	case ByNumber:
		return c.Number == i.Number
	}
	return true
}

// Names returns all names of the card, from the most to the least stable.
func (c Card) Names() (names []string) {
	if c.Vendor != "" {
		usb := "usb:" + c.Vendor + ":" + c.Product
		if c.Serial != "" {
			names = append(names, usb+":"+c.Serial)
		}
		names = append(names, usb)
	}
	if c.Path != "" {
		names = append(names, "path:"+c.Path)
	}
	if c.ID != "" {
		names = append(names, "id:"+c.ID)
	}
	return append(names, "hw:"+strconv.Itoa(c.Number))
}
