package alarm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Command is a program that is run for each notice, without a shell, with the rights of the daemon.
type Command struct {
	Run     []string      // the path and the arguments; none: nothing
	Timeout time.Duration // then its whole process group is killed
}

const (
	// MaxCommands is how many commands run at once, for all alarms; others wait.
	MaxCommands = 4
	// pipePatience is for how long a command that has ended may leave its output open.
	pipePatience = time.Second
	// maxOutput is how much of it an error has, in bytes.
	maxOutput = 256
)

// runCommand runs a command for a notice. An error is final.
func (b *Board) runCommand(ctx context.Context, c *Command, n *Notice) error {
	select {
	case b.commands <- struct{}{}:
		defer func() { <-b.commands }()
	case <-ctx.Done():
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	out := &tail{}
	cmd := exec.CommandContext(ctx, c.Run[0], c.Run[1:]...)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), n.environment()...)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = out, out, pipePatience
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return killGroup(cmd.Process.Pid) }
	err := cmd.Start()
	if err == nil {
		b.processes.add(process{n.Alarm, n.Change == WasTested, cmd.Process.Pid, c.Run[0], b.options.Clock() + c.Timeout})
		err = cmd.Wait()
		b.processes.remove(cmd.Process.Pid)
	}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("%s did not end within %v and was killed%s", c.Run[0], c.Timeout, out.text())
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return fmt.Errorf("%s: %w%s", c.Run[0], err, out.text())
	}
	return nil
}

// environment is what a command learns of a notice.
func (n *Notice) environment() []string {
	value := ""
	if n.Value != nil {
		value = strconv.FormatFloat(*n.Value, 'f', -1, 64)
	}
	all := []string{}
	for _, v := range []struct{ name, value string }{
		{"NAME", n.Alarm}, {"CHANGE", string(n.Change)}, {"STATE", string(n.State)}, {"SEVERITY", string(n.Severity)},
		{"ON", string(n.On)}, {"OF", n.Of}, {"TEXT", n.Text}, {"VALUE", value}, {"UNIT", string(n.Unit)},
		{"TIME", n.Time.Format(time.RFC3339Nano)}, {"BY", n.By}, {"NOTE", n.Note}, {"NUMBER", strconv.FormatUint(n.Number, 10)},
	} {
		all = append(all, "LOOPBRIDGE_ALARM_"+v.name+"="+strings.ReplaceAll(v.value, "\x00", ""))
	}
	return all
}

// tail keeps the end of what is written to it.
type tail struct{ end []byte }

// Write implements io.Writer.
func (t *tail) Write(b []byte) (int, error) {
	t.end = append(t.end, b[max(0, len(b)-maxOutput):]...)
	t.end = t.end[max(0, len(t.end)-maxOutput):]
	return len(b), nil
}

// text returns it for the end of a sentence.
func (t *tail) text() string {
	words := strings.Join(strings.Fields(strings.ToValidUTF8(string(t.end), "?")), " ")
	if words == "" {
		return ""
	}
	return ": " + words
}
