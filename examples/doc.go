// Package examples holds small programs on package client. Each is a page long, and its
// doc comment says how to run it:
//
//	examples/recorder   a server that writes what its client plays to a WAV file
//	examples/tone       a client that plays a tone
//	examples/levels     watches how loud a loop or a device is
//	examples/phone      a telephone: the server of two loops, which carries their sound over SIP and RTP
package examples
