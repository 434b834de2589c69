package metrics

import (
	"strconv"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

func addLoops(p *page, bay *loop.Patchbay) {
	info := p.gauge("loop_info", "Which device moves a loop, which side of it is the server end, if it is one, and the format; always 1.")
	state := p.gauge("loop_state",
		"1 for the state that the loop is in: closed, idle, armed, paired, running, draining or ended. The other states have no sample.")
	sessions := p.counter("loop_sessions_total", "Sessions that began.")
	frames := p.counter("loop_frames_total", "Frames that moved from end to end.")
	skipped := p.counter("loop_skipped_frames_total", "Frames that were left out because the daemon was late.")
	waiting := p.gauge("loop_waiting_clients", "Clients that wait for their turn.")
	clients := p.gauge("loop_clients", "Clients that hold the client end.")
	ends, programs := newEndFamilies(p), newProgramFamilies(p)
	for _, s := range bay.Status() {
		of := label("loop", s.Name)
		attached := ""
		if s.Attached != 0 {
			attached = s.Attached.String()
		}
		info.add(1, of.with(append(formatPairs(s.Format), "attached", attached, "device", s.Device, "on_client_close", s.OnClientClose.String())...))
		state.add(1, of.with("state", s.State()))
		sessions.count(s.Sessions, of)
		frames.count(s.Frames, of)
		skipped.count(s.Skipped, of)
		waiting.count(uint64(s.Waiting), of)
		clients.count(uint64(len(s.Clients)), of)
		atServer, atClient := of.with("end", pcm.Server.String()), of.with("end", pcm.Client.String())
		if s.Attached == 0 {
			ends.add(bay, &s, pcm.Server, &s.ServerTotals, atServer)
			if s.Server.Open {
				programs.add(&s.Server, s.Format, 1, atServer)
			}
		}
		ends.add(bay, &s, pcm.Client, &s.ClientTotals, atClient)
		programs.addAll(s.Clients, s.Format, atClient)
	}
}

// endFamilies are about an end of a loop.
type endFamilies struct{ frames, xruns, xrunFrames, bad, marks, gain, muted, xrun family }

func newEndFamilies(p *page) endFamilies {
	return endFamilies{
		frames:     p.counter("end_frames_total", "Frames that programs wrote to the end, or read from it."),
		xruns:      p.counter("end_xruns_total", "Bursts of frames that a program wrote or read too late."),
		xrunFrames: p.counter("end_xrun_frames_total", "Frames of silence that were inserted because a program wrote too late, or dropped because it read too late."),
		bad:        p.counter("end_bad_samples_total", "Samples that are no numbers, or infinite, and became 0."),
		marks:      p.counter("end_eof_marks_total", "End-of-file marks that were reached by the programs that hold the end."),
		gain:       p.gauge("end_gain_ratio", "Gain of a side of the end, 0 to 1, where 1 changes nothing."),
		muted:      p.gauge("end_muted", "1 if what is written to the end is silent."),
		xrun:       p.gauge("end_error", "1 if there was an xrun since the flag was last cleared."),
	}
}

func (f *endFamilies) add(bay *loop.Patchbay, s *loop.Status, role pcm.Role, t *loop.Totals, of labels) {
	f.frames.count(t.Frames, of)
	f.xruns.count(t.Xruns, of)
	f.xrunFrames.count(t.XrunFrames, of)
	f.bad.count(t.Bad, of)
	end, err := bay.End(s.Name, role)
	if err != nil {
		return // the loop has been removed
	}
	i := end.Info()
	f.marks.count(uint64(i.Play.EOF), of)
	f.muted.flag(i.OutputMuted, of)
	f.xrun.flag(i.Play.Error || i.Record.Error, of)
	for _, d := range audio.Directions() {
		if side := i.Side(d); side.Format.Rate > 0 {
			f.gain.add(gain(side.Gain), of.with("side", d.String()))
		}
	}
}

// maxPrograms is how many programs at an end are shown one by one; loop_clients counts all.
const maxPrograms = 64

// maxProgramName is how much of a name is shown, in bytes. The kernel's are shorter.
const maxProgramName = 32

// programFamilies are about a program that holds an end.
type programFamilies struct{ info, frames, xruns, xrunFrames, xrun, paused, gain, period, buffer family }

func newProgramFamilies(p *page) programFamilies {
	return programFamilies{
		info:       p.gauge("program_info", "A program that holds an end, whether it reads or writes, in which format, and whether that is converted; always 1."),
		frames:     p.gauge("program_frames", "Frames that the program wrote or read so far."),
		xruns:      p.gauge("program_xruns", "Bursts of frames that the program wrote or read too late so far."),
		xrunFrames: p.gauge("program_xrun_frames", "Frames that were inserted or dropped because the program was late, so far."),
		xrun:       p.gauge("program_error", "1 if there was an xrun since the flag was last cleared."),
		paused:     p.gauge("program_paused", "1 if the program is paused."),
		gain:       p.gauge("program_gain_ratio", "The program's own gain, 0 to 1, where 1 changes nothing."),
		period:     p.gauge("program_period_seconds", "How much the program moves at a time."),
		buffer:     p.gauge("program_buffer_seconds", "How much the buffer of the program holds at most."),
	}
}

// addAll adds the clients of a loop.
func (f *programFamilies) addAll(clients []loop.EndStatus, format audio.Format, of labels) {
	number := make(map[string]int, len(clients))
	for i := range clients[:min(len(clients), maxPrograms)] {
		name := clients[i].Holder.Program
		number[name]++
		f.add(&clients[i], format, number[name], of)
	}
}

func (f *programFamilies) add(s *loop.EndStatus, format audio.Format, number int, of labels) {
	name := s.Holder.Program
	of = of.with("program", name[:min(len(name), maxProgramName)], "number", strconv.Itoa(number))
	f.info.add(1, of.with(append(formatPairs(s.Format), "direction", pcm.Verb(s.Direction), "converted", strconv.FormatBool(s.Converted(format)))...))
	f.frames.count(s.Moved, of)
	f.xruns.count(s.Xruns, of)
	f.xrunFrames.count(s.XrunFrames, of)
	f.xrun.flag(s.Error, of)
	f.paused.flag(s.Paused, of)
	f.gain.add(gain(s.Mix.Gain), of)
	f.period.add(seconds(s.Period, s.Format.Rate), of)
	f.buffer.add(seconds(s.Buffer, s.Format.Rate), of)
}
