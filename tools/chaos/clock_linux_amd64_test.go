package chaos

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
)

// tellsTime is set for a process of this program that says what time it is, whenever it is asked for a line.
const tellsTime = "CHAOS_TELLS_TIME"

// TestClocksAreShifted sets the clock of one process, and sets it right.
func TestClocksAreShifted(t *testing.T) {
	t.Parallel()
	if os.Getenv(tellsTime) != "" { //nolint:forbidigo // set below
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			fmt.Println(time.Now().UnixMilli()) //nolint:forbidigo // which is read below
		}
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), tellsTime+"=yes") //nolint:forbidigo // a child inherits it
	asks, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, answers, err := os.Pipe()
	require.NoError(t, err)
	cmd.Stdout = answers
	p := testenv.Start(t, cmd)
	lines := bufio.NewScanner(out)
	offBy := func() time.Duration {
		_, err := fmt.Fprintln(asks)
		require.NoError(t, err)
		require.True(t, lines.Scan())
		var milli int64
		_, err = fmt.Sscan(lines.Text(), &milli)
		require.NoError(t, err)
		return time.Until(time.UnixMilli(milli)).Round(time.Minute)
	}
	assert.Zero(t, offBy())
	for _, by := range []time.Duration{4 * time.Minute, -6 * time.Minute} {
		end, err := shiftClock(p.PID(), by)
		require.NoError(t, err)
		assert.Equal(t, by, offBy())
		require.NoError(t, end())
		assert.Zero(t, offBy())
	}
}
