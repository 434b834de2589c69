package card

import (
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// sysfs adds what /sys says of the devices above the card: the socket and the identity of a USB
// device. It builds the path as udev builds ID_PATH, so it equals the link in /dev/snd/by-path:
//
//	/sys/devices/pci0000:00/0000:00:14.0/usb1/1-3/1-3:1.0/sound/card1
//	  pci-0000:00:14.0-usb-0:3:1.0
func (c *Card) sysfs(root fs.FS) {
	entry := "sys/class/sound/card" + strconv.Itoa(c.Number)
	at, ok := follow(root, entry)
	if !ok {
		return
	}
	var parts []string
	for at = path.Dir(at); strings.HasPrefix(at, "sys/devices/"); at = path.Dir(at) {
		bus := subsystem(root, at)
		part := ""
		switch bus {
		case "usb":
			c.usb(root, at)
			_, port, _ := strings.Cut(path.Base(at), "-")
			part = "usb-0:" + port
		case "pci", "platform", "acpi":
			part = bus + "-" + path.Base(at)
		default:
			continue
		}
		parts = append([]string{part}, parts...)
		for subsystem(root, path.Dir(at)) == bus { // skip outer hubs and bridges
			at = path.Dir(at)
			if bus == "usb" {
				c.usb(root, at)
			}
		}
	}
	c.Path = strings.Join(parts, "-")
}

// usb reads the identity of the innermost USB device, and ignores hubs.
func (c *Card) usb(root fs.FS, at string) {
	if c.Vendor == "" {
		c.Vendor, c.Product = fileText(root, at+"/idVendor"), fileText(root, at+"/idProduct")
		c.Serial = fileText(root, at+"/serial")
	}
}

// subsystem returns the bus of a device in /sys, "" if it has none.
func subsystem(root fs.FS, at string) string {
	link, err := fs.ReadLink(root, at+"/subsystem")
	if err != nil {
		return ""
	}
	return path.Base(link)
}

// follow returns the target of a link in /sys.
func follow(root fs.FS, name string) (string, bool) {
	link, err := fs.ReadLink(root, name)
	if err != nil || path.IsAbs(link) {
		return "", false
	}
	return path.Join(path.Dir(name), link), true
}
