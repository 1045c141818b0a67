package testenv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
)

// pollInterval is the pause between two looks at whether a server answers.
const pollInterval = 2 * time.Millisecond

// drainLimit is how long an ended process is waited for whose output a child of
// its own still holds open.
const drainLimit = time.Second

// Process is a program under test or a server for one: started once, watched,
// and certain to end.
type Process struct {
	cmd  *exec.Cmd
	log  logBuffer
	done chan struct{} // closed when the process has ended
	err  error         // how it ended; valid once done is closed
}

// Start runs the command and returns at once. The process is killed when the
// test ends, if it has not ended by then, and what it printed is logged if the
// test failed.
func Start(tb testing.TB, cmd *exec.Cmd) *Process {
	tb.Helper()
	p, err := start(cmd)
	if err != nil {
		tb.Fatalf("start %s: %v", cmd.Path, err)
	}
	tb.Cleanup(func() {
		p.Kill()
		p.logTo(tb)
	})
	return p
}

// start runs the command on a thread of its own. The kernel sends the parent
// death signal when the thread that started the process ends, and Go ends idle
// threads as it likes; this one stays until the process has ended.
func start(cmd *exec.Cmd) (*Process, error) {
	p := &Process{cmd: cmd, done: make(chan struct{})}
	tee(cmd, &p.log)
	dieWithParent(cmd)
	cmd.WaitDelay = drainLimit
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.done)
		}
	}()
	return p, <-started
}

// tee adds the log to where the command's output goes.
func tee(cmd *exec.Cmd, log *logBuffer) {
	if cmd.Stdout == nil {
		cmd.Stdout = log
	}
	if cmd.Stderr == nil {
		cmd.Stderr = log
	}
}

// PID returns the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Log returns what the process has printed so far, except to outputs that the
// command's maker set.
func (p *Process) Log() string { return p.log.String() }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait returns how the process ended, once it has.
func (p *Process) Wait() error {
	<-p.done
	return p.err
}

// Kill ends the process at once (SIGKILL) and returns when it has. An ended
// process is left alone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// Stop asks the process to end (SIGTERM), kills it after limit, and returns how
// it ended.
func (p *Process) Stop(limit time.Duration) error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
		p.Kill()
		return fmt.Errorf("not ended %s after SIGTERM: killed", limit)
	}
	return p.err
}

// Await polls ready until it returns nil. It fails when the process ends first,
// or ctx does; then the error has the last answer of ready.
func (p *Process) Await(ctx context.Context, ready func(context.Context) error) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-p.done:
			return fmt.Errorf("%w: %w\n%s", errEnded, errors.Join(p.err, err), p.Log())
		case <-ctx.Done():
			return fmt.Errorf("does not answer: %w\n%s", err, p.Log())
		}
	}
}

// errEnded says that a process ended instead of answering.
var errEnded = errors.New("process ended")

func (p *Process) logTo(tb testing.TB) {
	tb.Helper()
	if tb.Failed() {
		tb.Logf("%s (pid %d) printed:\n%s", p.cmd.Path, p.PID(), p.Log())
	}
}

// startAnswering starts what command makes for a free address, and returns when
// ready says that it answers there. It tries another address when the process
// ends at once, as it does when somebody else took the port.
func startAnswering(
	command func(addr string) *exec.Cmd, ready func(ctx context.Context, addr string, p *Process) error,
) (p *Process, addr string, err error) {
	const tries = 3
	for range tries {
		if addr, err = freePort(); err != nil {
			return nil, "", err
		}
		if p, err = startAt(addr, command, ready); !errors.Is(err, errEnded) {
			break
		}
	}
	return p, addr, err
}

// startAt is startAnswering at an address that the caller knows to be free.
func startAt(
	addr string, command func(addr string) *exec.Cmd, ready func(ctx context.Context, addr string, p *Process) error,
) (*Process, error) {
	p, err := start(command(addr))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	if err := p.Await(ctx, func(ctx context.Context) error { return ready(ctx, addr, p) }); err != nil {
		p.Kill()
		return nil, err
	}
	return p, nil
}

// environment returns the parent's, with changes.
func environment(changes ...string) []string {
	return append(os.Environ(), changes...) //nolint:forbidigo // a child inherits it
}

// logBuffer collects output, and may be read meanwhile.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write appends.
func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// String returns what was written so far.
func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
