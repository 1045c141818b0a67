package chaos

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// The clock of one process can be set by what it asks for the time: not the kernel, but a function that the kernel maps into every process (vDSO). Its
// code is replaced, in that process alone, by the system call and an addition. Nothing in the program knows of that, and nothing in it is changed; only
// what a process asks the kernel for without the function, which Go's do not, has the right time. The monotonic clock goes on as it was.

// clockFaults set the clock of one process.
func clockFaults(lasts time.Duration) []fault {
	const ahead, behind = 4 * time.Minute, -6 * time.Minute
	shift := func(which func(f *farm) []*member, by time.Duration) func(c *scene) func() {
		return func(c *scene) func() {
			c.record.shifts()
			end, err := shiftClock(c.one(which(c.farm)).now().PID(), by)
			require.NoError(c.tb, err)
			return func() { _ = end() } // the process may have been ended meanwhile, and with it its clock
		}
	}
	return []fault{
		{"worker killed whose clock is ahead", aWorker, lasts, func(c *scene) func() { return killedAhead(c, ahead) }},
		{"worker's clock ahead", aWorker, lasts, shift((*farm).workers, ahead)},
		{"worker's clock behind", aWorker, lasts, shift((*farm).workers, behind)},
		{"API's clock ahead", anAPI, lasts, shift((*farm).apis, ahead)},
		{"API's clock behind", anAPI, lasts, shift((*farm).apis, behind)},
	}
}

// killedAhead kills a worker whose clock was ahead for as long as it takes to extend leases.
func killedAhead(c *scene, by time.Duration) func() {
	c.record.shifts()
	m := c.one(c.farm.workers())
	_, err := shiftClock(m.now().PID(), by)
	require.NoError(c.tb, err)
	pause(c.tb.Context(), 6*time.Second)
	return killed(c, m)
}

// shiftedClock is a function clock_gettime(edi, rsi): mov eax, 228; syscall; test edi, edi; jnz out; add qword [rsi], seconds; out: ret.
func shiftedClock(seconds int32) []byte {
	code := []byte{0xb8, 0xe4, 0, 0, 0, 0x0f, 0x05, 0x85, 0xff, 0x75, 0x07, 0x48, 0x81, 0x06, 0, 0, 0, 0, 0xc3}
	binary.LittleEndian.PutUint32(code[14:], uint32(seconds)) //nolint:gosec // its bits
	return code
}

// shiftClock sets the clock of a process ahead, or back, and returns what sets it right.
func shiftClock(pid int, by time.Duration) (end func() error, err error) {
	at, err := clockOf(pid)
	if err != nil {
		return nil, err
	}
	code := shiftedClock(int32(by / time.Second)) //nolint:gosec // minutes
	before := make([]byte, len(code))
	err = poke(pid, at, func(memory *os.File) error {
		if _, err := memory.ReadAt(before, at); err != nil {
			return err
		}
		_, err := memory.WriteAt(code, at)
		return err
	})
	return func() error {
		return poke(pid, at, func(memory *os.File) error {
			_, err := memory.WriteAt(before, at)
			return err
		})
	}, err
}

// clockOf is where a process has the function that tells the time.
func clockOf(pid int) (at int64, err error) {
	maps, err := os.ReadFile(proc(pid, "maps"))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(maps)) {
		if !strings.HasSuffix(strings.TrimSpace(line), "[vdso]") {
			continue
		}
		var from, to int64
		if _, err := fmt.Sscanf(line, "%x-%x", &from, &to); err != nil {
			return 0, err
		}
		return clockIn(pid, from, to)
	}
	return 0, errors.New("the process has no vDSO")
}

func clockIn(pid int, from, to int64) (at int64, err error) {
	memory, err := os.Open(proc(pid, "mem"))
	if err != nil {
		return 0, err
	}
	defer memory.Close()
	image := make([]byte, to-from)
	if _, err := memory.ReadAt(image, from); err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	file, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return 0, err
	}
	symbols, err := file.DynamicSymbols()
	for _, s := range symbols {
		if s.Name == "__vdso_clock_gettime" {
			return from + int64(s.Value), nil //nolint:gosec // within a page or two
		}
	}
	return 0, errors.Join(errors.New("the vDSO has no clock"), err)
}

// pokeLimit is how long it may take until none of a process's threads is in the function.
const pokeLimit = 10 * time.Second

// poke changes the function at an address while the process stands still, and no thread of it is in the function.
func poke(pid int, at int64, change func(memory *os.File) error) error {
	memory, err := os.OpenFile(proc(pid, "mem"), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer memory.Close()
	for end := time.Now().Add(pokeLimit); time.Now().Before(end); {
		resume := held(pid)
		if outside(pid, at) {
			err := change(memory)
			resume()
			return err
		}
		resume()
		pause(context.Background(), time.Millisecond)
	}
	return fmt.Errorf("process %d is always asking for the time", pid)
}

// clockSize bounds the function's code.
const clockSize = 1 << 10

// outside reports whether all threads of a process stand still, and none in the function at an address.
func outside(pid int, at int64) bool {
	threads, err := filepath.Glob(proc(pid, "task/*/syscall"))
	if err != nil || len(threads) == 0 {
		return false
	}
	for _, file := range threads {
		where, err := os.ReadFile(file) //nolint:gosec // of a process of ours
		if errors.Is(err, os.ErrNotExist) {
			continue // it has ended
		}
		fields := strings.Fields(string(where))
		if err != nil || len(fields) < 3 { // "running"
			return false
		}
		var counter int64
		if _, err := fmt.Sscanf(fields[len(fields)-1], "0x%x", &counter); err != nil || counter >= at && counter < at+clockSize {
			return false
		}
	}
	return true
}

func proc(pid int, file string) string { return filepath.Join("/proc", strconv.Itoa(pid), file) }
