package metrics_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"github.com/loopbridge/loopbridge/alarm"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/mixer"
	"github.com/loopbridge/loopbridge/record"
	"github.com/loopbridge/loopbridge/server"
	"github.com/loopbridge/loopbridge/server/metrics"
	"github.com/loopbridge/loopbridge/server/servertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// whole is a daemon that has something of everything that is shown: devices with both sides, loops of programs and
// of a device, programs, routes on one clock and between two, and counts of its own.
func whole(t *testing.T) *servertest.Daemon {
	t.Helper()
	var devices []*loop.Engine
	for _, name := range []string{"main", "other"} {
		e, err := servertest.Null(name, backend.Config{Play: true, Record: true}, null.Options{})
		if err != nil {
			t.Fatal(err)
		}
		devices = append(devices, e)
	}
	clock := backendtest.NewClock(backend.Config{Play: true})
	devices = append(devices, loop.NewEngine("desk", clock))
	loops := []loop.Spec{{Name: "phone", OnClientClose: loop.Hold}, {Name: "speaker", Attached: audio.Play}, {Name: "empty"}}
	routes, recorders := &lateRoutes{}, &lateRecorders{}
	d := servertest.Start(t, servertest.Options{Devices: devices, Loops: loops, Panel: server.Panel{
		Version: "1.2.3", Routes: routes, Recorders: recorders, Alarms: alarms(t), Thread: func(device string) string { return "SCHED_FIFO 10 of " + device },
		Counts: func() metrics.Counts {
			return metrics.Counts{Reloads: 4, ReloadsFailed: 3, Handovers: 2, HandoversFailed: 1}
		},
	}})
	routes.Board = route.NewBoard(d.Bay)
	t.Cleanup(routes.Board.Close)
	recorders.Board = record.NewBoard(d.Bay, record.OS())
	t.Cleanup(recorders.Board.Close)
	if _, err := recorders.Board.Add(record.Spec{Name: "tape", Of: "other/record", Path: t.TempDir() + "/{n}.wav", Format: record.WAV}); err != nil {
		t.Fatal(err)
	}
	for _, spec := range []route.Spec{{Name: "over", From: "main", To: "other"}, {Name: "heard", From: "main/heard", To: "main"}} {
		if spec.Setting = mixer.Neutral(); spec.Name == "heard" {
			spec.Setting.Gain, spec.Feedback = 51, true
		}
		if _, err := routes.Board.Add(spec); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Bay.Add(loop.Spec{Name: "bell", Attached: audio.Play}, devices[2]); err != nil {
		t.Fatal(err)
	}
	ring := open(t, d, "bell", "ringer", pcm.Options{Role: pcm.Client, Direction: pcm.Write})
	if _, err := ring.Write(servertest.Guard(t), make([]byte, 4*480)); err != nil {
		t.Fatal(err)
	}
	clock.Advance(12000 * 480) // two minutes, after which the rate of the clock is known
	open(t, d, "phone", "recorder", pcm.Options{Role: pcm.Server, Direction: pcm.Read})
	for range 2 {
		open(t, d, "speaker", "player", pcm.Options{Role: pcm.Client, Direction: pcm.Write, Format: audio.Format{Rate: 44100}})
	}
	open(t, d, "speaker", "b\xffd \"n\n", pcm.Options{Role: pcm.Client, Direction: pcm.Write})
	return d
}

// alarms has one that is raised, and whose command has failed.
func alarms(t *testing.T) *alarm.Board {
	t.Helper()
	s := alarm.Default(alarm.NoClient)
	s.Name, s.Of, s.For, s.Command.Run = "alone", "phone", 0, []string{"/nowhere/pager"}
	b := alarm.NewBoard(alarm.Options{Facts: func(string) alarm.Facts { return alarm.Facts{} }})
	t.Cleanup(b.Close)
	if err := b.Set([]alarm.Spec{s}); err != nil {
		t.Fatal(err)
	}
	servertest.Until(t, "the alarm", func() bool { return b.Alarms()[0].Actions[0].Failed == 1 })
	return b
}

// lateRecorders has a board that needs the patchbay first.
type lateRecorders struct{ *record.Board }

// lateRoutes has a board that needs the patchbay first.
type lateRoutes struct{ *route.Board }

// Add implements server.Routes.
func (*lateRoutes) Add([]byte) (string, error) { return "", audio.ErrInvalid }

// What is scraped is what info and ls say.
func TestMetrics(t *testing.T) {
	d := whole(t)
	server, err := d.Bay.Open(servertest.Guard(t), "phone", pcm.Options{Role: pcm.Client, Direction: pcm.Write, Holder: pcm.Holder{Program: "player"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.Write(servertest.Guard(t), make([]byte, 4*4800)); err != nil {
		t.Fatal(err)
	}
	server.Abandon()
	servertest.Until(t, "it runs, and two clocks are followed", func() bool {
		text := scrape(t, d)
		return strings.Contains(text, `loopbridge_device_wakeup_lateness_seconds_bucket{device="main"`) && strings.Contains(text, `loopbridge_route_clock_state{route="over"`)
	})
	text := scrape(t, d)
	for series, want := range map[string]string{
		`loopbridge_device_failed{device="main"}`:                                                    "0",
		`loopbridge_device_standing_in{device="main"}`:                                               "0",
		`loopbridge_device_ticking{device="main"}`:                                                   "1",
		`loopbridge_device_xruns_total{device="desk"}`:                                               "0",
		`loopbridge_device_gain_ratio{device="main",side="play"}`:                                    "1",
		`loopbridge_device_balance_ratio{device="main",side="record"}`:                               "0",
		`loopbridge_device_muted{device="other"}`:                                                    "0",
		`loopbridge_device_monitor_gain_ratio{device="main"}`:                                        "0",
		`loopbridge_loop_state{loop="empty",state="closed"}`:                                         "1",
		`loopbridge_loop_clients{loop="speaker"}`:                                                    "3",
		`loopbridge_loop_sessions_total{loop="empty"}`:                                               "0",
		`loopbridge_end_gain_ratio{end="client",loop="speaker",side="play"}`:                         "1",
		`loopbridge_end_xruns_total{end="server",loop="empty"}`:                                      "0",
		`loopbridge_program_gain_ratio{end="client",loop="speaker",number="2",program="player"}`:     "1",
		`loopbridge_program_period_seconds{end="client",loop="speaker",number="1",program="player"}`: "0.01",
		`loopbridge_program_paused{end="client",loop="speaker",number="1",program="b?d \"n\n"}`:      "0",
		`loopbridge_route_gain_ratio{route="heard"}`:                                                 "0.2",
		`loopbridge_route_error{route="over"}`:                                                       "0",
		`loopbridge_alarm_raised{alarm="alone"}`:                                                     "1",
		`loopbridge_alarm_state{alarm="alone",state="raised"}`:                                       "1",
		`loopbridge_alarm_flapping{alarm="alone"}`:                                                   "0",
		`loopbridge_alarm_raises_total{alarm="alone"}`:                                               "1",
		`loopbridge_alarm_info{alarm="alone",of="phone",on="no-client",severity="warning"}`:          "1",
		`loopbridge_alarm_notices_total{action="command",alarm="alone",result="failed"}`:             "1",
		`loopbridge_alarm_notices_waiting{action="command",alarm="alone"}`:                           "0",
		`loopbridge_reloads_total{result="done"}`:                                                    "4",
		`loopbridge_reloads_total{result="failed"}`:                                                  "3",
		`loopbridge_handovers_total{result="done"}`:                                                  "2",
		`loopbridge_handovers_total{result="failed"}`:                                                "1",
		`loopbridge_operator_refusals_total{over="unix",reason="user"}`:                              "0",
	} {
		if got := value(text, series); got != want {
			t.Errorf("%s is %q, want %s", series, got, want)
		}
	}
	for _, series := range []string{
		`loopbridge_build_info{goversion="go`, `loopbridge_device_info{channels="2",device="main",format="S16_LE",rate="48000",runs_on="main",thread="SCHED_FIFO 10 of main"} 1`,
		`loopbridge_loop_info{attached="play",channels="2",device="main",format="S16_LE",loop="speaker",on_client_close="reset",rate="48000"} 1`,
		`loopbridge_program_info{channels="2",converted="true",direction="write",end="client",format="S16_LE",loop="speaker",number="1",program="player",rate="44100"} 1`,
		`loopbridge_route_info{actuator="`, `loopbridge_route_target_latency_seconds{route="over"}`, `loopbridge_route_resyncs_total{route="over"}`,
		`loopbridge_device_wakeup_lateness_seconds_bucket{device="main",le="1e-06"}`, `loopbridge_device_cycle_duration_seconds_sum{device="main"}`,
		`loopbridge_device_cycle_duration_seconds_bucket{device="main",le="+Inf"}`, `loopbridge_device_frames_total{device="main",side="record"}`,
		`loopbridge_device_period_seconds{device="main"} 0.0`, `loopbridge_device_clock_drift_ratio{device="desk"} `, `loopbridge_device_error{device="desk",side="play"} `, "process_resident_memory_bytes ", "go_goroutines ",
	} {
		if !strings.Contains(text, "\n"+series) {
			t.Errorf("there is no %s", series)
		}
	}
	if strings.Contains(text, "pid") || strings.Contains(text, "4711") {
		t.Error("there are process ids")
	}
}

// The samples are such as a registry takes them, and the names such as Prometheus wants them.
func TestMetricsAreSound(t *testing.T) {
	d := whole(t)
	g := metrics.Gatherer(metrics.Sources{Bay: d.Bay, Counts: func() metrics.Counts { return metrics.Counts{} },
		Operators: func() []metrics.Operators {
			return []metrics.Operators{{Over: "unix", Refused: map[string]uint64{"user": 1}}, {Over: "tcp", Refused: map[string]uint64{"token": 1}}}
		}})
	if _, err := (prometheus.Gatherers{g}).Gather(); err != nil { // checks each sample
		t.Error(err)
	}
	problems, err := testutil.GatherAndLint(g)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// However many programs come, nothing of them is left when they have gone, and no more are shown than a page can
// show.
func TestMetricsOfManyPrograms(t *testing.T) {
	d := servertest.Start(t, servertest.Options{Loops: []loop.Spec{{Name: "tape", Clients: loop.Shared}}})
	open(t, d, "tape", "server", pcm.Options{Role: pcm.Server, Direction: pcm.Read})
	series := func() int { return strings.Count(scrape(t, d), "\nloopbridge_") }
	before := series()
	for i := range 10_000 {
		p, err := d.Bay.Open(servertest.Guard(t), "tape", pcm.Options{
			Role: pcm.Client, Direction: pcm.Write, Buffer: 960, Holder: pcm.Holder{PID: i, Program: fmt.Sprintf("program %d", i)}})
		if err != nil {
			t.Fatal(err)
		}
		if i%1000 == 999 {
			if text := scrape(t, d); !strings.Contains(text, fmt.Sprintf(`program="program %d"`, i)) {
				t.Errorf("program %d is not shown", i)
			}
		}
		p.Abandon()
	}
	servertest.Until(t, "all have gone", func() bool { return len(d.Status("tape").Clients) == 0 })
	if after := series(); after != before {
		t.Errorf("%d series, and %d before", after, before)
	}
	for range 200 {
		open(t, d, "tape", strings.Repeat("long", 100), pcm.Options{Role: pcm.Client, Direction: pcm.Write, Buffer: 960})
	}
	text := scrape(t, d)
	if n := strings.Count(text, "\nloopbridge_program_frames{"); n != 65 { // one is the server
		t.Errorf("%d programs are shown", n)
	}
	if value(text, `loopbridge_loop_clients{loop="tape"}`) != "200" || !strings.Contains(text, `program="`+strings.Repeat("long", 8)+`"`) {
		t.Error(text)
	}
}
