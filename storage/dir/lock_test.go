//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package dir_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/storage/dir"
)

// TestAKilledProcessLeavesNoLock has one hold the lock, and die.
func TestAKilledProcessLeavesNoLock(t *testing.T) {
	t.Parallel()
	if root := os.Getenv(helperVariable); root != "" { //nolint:forbidigo // set by helper
		_, err := open(t, root).Lock("the first farm")
		require.NoError(t, err)
		fmt.Fprintln(os.Stderr, "locked")
		select {}
	}
	root := t.TempDir()
	s := open(t, root)
	before := time.Now().Truncate(time.Second)
	first := helper(t, root, "locked")
	require.NoError(t, s.Put(t.Context(), "a", "", strings.NewReader("x")), "the lock keeps out those who ask for it alone")

	_, err := s.Lock("the second farm")
	require.ErrorIs(t, err, dir.ErrLocked)
	host, hostErr := os.Hostname()
	require.NoError(t, hostErr)
	for _, word := range []string{root, "the first farm", fmt.Sprintf("process %d on %s, since ", first.PID(), host)} {
		require.ErrorContains(t, err, word)
	}
	_, since, _ := strings.Cut(err.Error(), "since ")
	at, parseErr := time.Parse(time.RFC3339, since)
	require.NoError(t, parseErr)
	require.WithinRange(t, at, before, time.Now())

	first.Kill()
	release, err := s.Lock("the second farm")
	require.NoError(t, err)
	require.NoError(t, release())
}

// TestLocksAreOneAtATime within a process as well.
func TestLocksAreOneAtATime(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	s, other := open(t, root), open(t, root)
	for _, owner := range []string{"a farm with a long name", "b"} {
		release, err := s.Lock(owner)
		require.NoError(t, err)
		for _, store := range []*dir.Store{s, other} {
			_, err = store.Lock("c")
			require.ErrorIs(t, err, dir.ErrLocked)
			require.ErrorContains(t, err, " by "+owner+", process ")
		}
		text, err := os.ReadFile(filepath.Join(root, "lock~"))
		require.NoError(t, err)
		require.Regexp(t, "^"+owner+", [^\n]*\n$", string(text), "for who looks into the file")
		require.NoError(t, release())
	}
	require.Empty(t, keys(t, s, "", ""), "the lock's file is no object")
}
