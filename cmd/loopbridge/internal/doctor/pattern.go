package doctor

import (
	"net/netip"
	"regexp"
)

// pattern finds what names a person or a machine that the redactor has not heard of. Its last group is replaced, or all
// without one, but not what is to be kept.
type pattern struct {
	kind string
	is   *regexp.Regexp
	keep func(string) bool
}

func patterns() []pattern {
	// UUIDs come before addresses, whose patterns fit parts of them.
	replaced := regexp.MustCompile(`^(?:user|host|serial|address|key)\d+$`)
	never := func(string) bool { return false }
	of := func(kind, is string, keep func(string) bool) pattern {
		return pattern{kind, regexp.MustCompile(is), keep}
	}
	return []pattern{
		of(keyKind, `inline:\s*([\w+/=-]+)`, replaced.MatchString),                                                         // of SRTP, in a description
		of(addrKind, `[\w.+-]+@[\w-]+(?:\.[\w-]+)+`, never),                                                                // mail
		of(userKind, `/home/([^/\s"':,;]+)`, replaced.MatchString),                                                         // a user of a directory service
		of(serialKind, `(?i)\busb:[0-9a-f]{4}:[0-9a-f]{4}:([^"'\s,;)]+)`, replaced.MatchString),                            // a card
		of(serialKind, `(?i)serial(?:[ _-]?(?:number|no))?"?\s*[:=]\s*"?([\w.:-]+)`, replaced.MatchString),                 // of the kernel's log
		of(serialKind, `(?i)\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b`, never),                                       // UUID
		of(serialKind, `(?i)\b[0-9a-f]{32}\b`, never),                                                                      // machine, boot
		of(addrKind, `(?i)\b[0-9a-f]{2}(?:[:_-][0-9a-f]{2}){5}(?:(?:[:_-][0-9a-f]{2}){2})?\b`, never),                      // MAC, EUI-64
		of(addrKind, `\b\d{1,3}(?:\.\d{1,3}){3}\b`, sameEverywhere),                                                        // IPv4
		of(addrKind, `(?i)[0-9a-f]*(?:::?[0-9a-f]+)+(?:::)?(?:\.\d{1,3}){0,3}|[0-9a-f]+(?::[0-9a-f]+)*::`, sameEverywhere), // IPv6
	}
}

// sameEverywhere reports whether a text is no address, or one that all machines have.
func sameEverywhere(s string) bool {
	a, err := netip.ParseAddr(s)
	return err != nil || a.IsLoopback() || a.IsUnspecified()
}
