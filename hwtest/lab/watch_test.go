package lab

import "testing"

func TestAnswersOfTheHostAreCounted(t *testing.T) {
	const text = `           CPU0       CPU1
  4:         10          2   IO-APIC    4-edge      ttyS0
 11:          5          0   IO-APIC   11-fasteoi   virtio0, uhci_hcd:usb1
 25:          0          0   PCI-MSI 49152-edge      virtio0-config
 26:         40          2   PCI-MSI 49153-edge      virtio0-virtqueues
 27:        100          0   PCI-MSI 65537-edge      virtio1-requests
NMI:          7          7   Non-maskable interrupts
`
	if got := countAnswers(text); got != 142 {
		t.Errorf("%d answers, want 142", got)
	}
}
