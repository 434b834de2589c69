package hwtest_test

import "fmt"

// networkCases are those of streams over a network that the kernel makes bad (netem).
func networkCases() []cardless {
	return []cardless{
		{networkCard, "two bad ways", mergesWays},
		{networkCard, "the clock of PTP", followsPTP},
	}
}

// networkCard is the subject of their lines in the report.
const networkCard = "NET"

// networkModules are the drivers of cables between namespaces, and of what tc puts on them.
func networkModules() []string { return []string{"veth", "sch_prio", "sch_netem", "cls_u32"} }

// streamPort is that of the streams, whose packets alone are harmed: not the reports on the next port.
const streamPort = 5004

// senderConfig and receiverConfig have 48 frames in a packet, as AES67 has. The period is a packet: the kernel takes the packets of a
// longer one as one, and would lose all of them together.
func senderConfig(more string) string {
	return fmt.Sprintf(endConfig, "1ms", fmt.Sprintf("[device.send]\naddress = \"10.9.0.2:%d\"\n%s", streamPort, more), "play")
}

func receiverConfig(more string) string {
	return fmt.Sprintf(endConfig, "5ms",
		fmt.Sprintf("[device.receive]\naddress = \"10.9.0.2:%d\"\nlatency = \"20ms\"\n%s", streamPort, more), "record")
}

const endConfig = `
[daemon]
state = "none"

[[device]]
name = "net"
backend = "rtp"
rate = 48000
channels = 2
format = "S16_LE"
period = "%s"
periods = 50

%s
payload = "L16"
payload_type = 97
packet = "1ms"

[[loop]]
name = "loop"
server = { device = "net", side = "%s" }
`
