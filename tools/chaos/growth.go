package chaos

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sizes are what a process has, by the names of the metrics that say so.
type sizes map[string]float64

// The metrics that are looked at.
const (
	goroutines = "go_goroutines"
	openFiles  = "process_open_fds"
	memory     = "process_resident_memory_bytes"
)

// measured are how much more than at the beginning there may be at the end: connections that are kept, with their goroutines, and the
// pictures and prepasses that are kept in memory.
func measured() sizes { return sizes{goroutines: 60, openFiles: 40, memory: 300 << 20} }

// measure reads the sizes of all members.
func measure(tb testing.TB, f *farm) map[string]sizes {
	tb.Helper()
	all := map[string]sizes{}
	for _, m := range f.members {
		found, err := m.sizes()
		require.NoError(tb, err)
		all[m.name] = found
	}
	return all
}

// requireNoGrowth waits until all members are about as large as before.
func requireNoGrowth(tb testing.TB, f *farm, before map[string]sizes) {
	tb.Helper()
	require.EventuallyWithT(tb, func(c *assert.CollectT) {
		for _, m := range f.members {
			now, err := m.sizes()
			assert.NoError(c, err)
			for name, more := range measured() {
				assert.LessOrEqual(c, now[name], before[m.name][name]+more, "%s of %s", name, m.name)
			}
		}
	}, settleLimit, time.Second)
}

func (m *member) sizes() (sizes, error) {
	_, body, err := m.get("/metrics")
	if err != nil {
		return nil, err
	}
	found := sizes{}
	for line := range strings.Lines(string(body)) {
		name, value, _ := strings.Cut(line, " ")
		if _, wanted := measured()[name]; !wanted {
			continue
		}
		var v float64
		if _, err := fmt.Sscan(value, &v); err != nil {
			return nil, err
		}
		found[name] = v
	}
	if len(found) != len(measured()) {
		return nil, fmt.Errorf("%s says only %v", m.name, found)
	}
	return found, nil
}
