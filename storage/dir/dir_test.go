package dir_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"mandelfarm/internal/testenv"
	"mandelfarm/storage"
	"mandelfarm/storage/dir"
	"mandelfarm/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStore(t *testing.T) {
	t.Parallel()
	fresh := func(t *testing.T) storage.Store {
		t.Helper()
		return open(t, t.TempDir())
	}
	storagetest.Run(t, fresh)
	storagetest.RunFolders(t, fresh)
}

func open(tb testing.TB, root string) *dir.Store {
	tb.Helper()
	s, err := dir.Open(root)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	return s
}

func discard(r io.Reader) (int64, error) { return io.Copy(io.Discard, r) }

// files returns the paths of all files and the folders without any below root.
func files(t *testing.T, root string) []string {
	t.Helper()
	found := []string{}
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		inside, err := os.ReadDir(path)
		if entry.IsDir() && (err != nil || len(inside) > 0) {
			return err
		}
		relative, err := filepath.Rel(root, path)
		found = append(found, filepath.ToSlash(relative))
		return err
	})
	require.NoError(t, err)
	return found
}

func TestAnObjectIsAFile(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "new", "data")
	s := open(t, root)
	require.NoError(t, s.Put(t.Context(), "jobs/4f/plan.json", "application/json", strings.NewReader("{}")))
	require.Equal(t, []string{".tmp~", "jobs/4f/plan.json"}, files(t, root))
	data, err := os.ReadFile(filepath.Join(root, "jobs", "4f", "plan.json"))
	require.NoError(t, err)
	require.Equal(t, "{}", string(data))

	require.NoError(t, s.Delete(t.Context(), "jobs/4f/plan.json"))
	require.Equal(t, []string{".tmp~"}, files(t, root), "folders go with their last object")
}

func TestObjectsOutliveTheStore(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	require.NoError(t, open(t, root).Create(t.Context(), "a/b", "", []byte("data")))
	data, err := storage.ReadAll(t.Context(), open(t, root), "a/b", 100)
	require.NoError(t, err)
	require.Equal(t, "data", string(data))
}

func TestOpenFailsWhereNoFolderCanBe(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := dir.Open(file)
	require.ErrorContains(t, err, file)
}

func TestOpenSweepsStrayFiles(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	open(t, root)
	now := time.Now()
	for name, age := range map[string]time.Duration{"dead": 61 * time.Minute, "alive": 59 * time.Minute} {
		path := filepath.Join(root, ".tmp~", name)
		require.NoError(t, os.WriteFile(path, []byte("part"), 0o600))
		require.NoError(t, os.Chtimes(path, now.Add(-age), now.Add(-age)))
	}
	open(t, root)
	require.Equal(t, []string{".tmp~/alive"}, files(t, root))
}

// TestAbandonedFilesAreRemoved, those of an hour ago even if the caller, who knows
// uploads that take longer, asks for those of yesterday.
func TestAbandonedFilesAreRemoved(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	s := open(t, root)
	now := time.Now()
	for name, age := range map[string]time.Duration{"hour": 61 * time.Minute, "minutes": 10 * time.Minute, "fresh": 0} {
		path := filepath.Join(root, ".tmp~", name)
		require.NoError(t, os.WriteFile(path, []byte("part"), 0o600))
		require.NoError(t, os.Chtimes(path, now.Add(-age), now.Add(-age)))
	}
	require.NoError(t, s.AbortAbandoned(t.Context(), now.Add(-24*time.Hour)))
	require.Equal(t, []string{".tmp~/fresh", ".tmp~/minutes"}, files(t, root))
	require.NoError(t, s.AbortAbandoned(t.Context(), now.Add(-time.Minute)))
	require.Equal(t, []string{".tmp~/fresh"}, files(t, root))

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.AbortAbandoned(ctx, now.Add(time.Minute)), context.Canceled)
	require.Equal(t, []string{".tmp~/fresh"}, files(t, root))
}

// TestKilledWritersLeaveNothing has a process die in the middle of a Put.
func TestKilledWritersLeaveNothing(t *testing.T) {
	t.Parallel()
	if root := os.Getenv(helperVariable); root != "" { //nolint:forbidigo // set below
		s := open(t, root)
		hold := io.MultiReader(strings.NewReader("part"), readFunc(func([]byte) (int, error) {
			fmt.Fprintln(os.Stderr, "writing")
			select {}
		}))
		_ = s.Put(t.Context(), "a", "", hold)
	}
	root := t.TempDir()
	s := open(t, root)
	writer := helper(t, root, "writing")
	require.Len(t, files(t, root), 1, "its temporary file")
	writer.Kill()
	require.NoError(t, s.AbortAbandoned(t.Context(), time.Now().Add(time.Minute)))
	require.Equal(t, []string{".tmp~"}, files(t, root))
}

// helperVariable is set to a root in a process that this test binary starts to be
// the other process of a test.
const helperVariable = "DIR_TEST_HELPER"

// helper runs the calling test in another process, up to where it prints a word.
func helper(t *testing.T, root, word string) *testenv.Process {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), helperVariable+"="+root) //nolint:forbidigo // a child inherits it
	p := testenv.Start(t, cmd)
	require.NoError(t, p.Await(t.Context(), func(context.Context) error {
		if !strings.Contains(p.Log(), word) {
			return errors.New("not yet")
		}
		return nil
	}))
	return p
}

type readFunc func([]byte) (int, error)

// Read calls the function.
func (f readFunc) Read(p []byte) (int, error) { return f(p) }

func TestFailedWritesLeaveNoFiles(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	s := open(t, root)
	require.Error(t, s.Put(t.Context(), "a/b", "", iotest.ErrReader(errors.New("broken"))))
	require.NoError(t, s.Create(t.Context(), "a/c", "", nil))
	require.Error(t, s.Create(t.Context(), "a/c", "", []byte("second")))
	require.Error(t, s.Create(t.Context(), "a/c/d", "", nil))
	require.Equal(t, []string{".tmp~", "a/c"}, files(t, root))
}

// TestLinksDoNotEscape plants symbolic links out of the root, to what would be
// healthy objects. Nothing is read, written, removed or listed through them.
func TestLinksDoNotEscape(t *testing.T) {
	t.Parallel()
	outside, root := t.TempDir(), t.TempDir()
	s, other := open(t, root), open(t, outside)
	for _, key := range []string{"folder/secret", "file"} {
		require.NoError(t, other.Create(t.Context(), key, "", []byte("secret")))
	}
	require.NoError(t, os.Symlink(filepath.Join(outside, "folder"), filepath.Join(root, "folder")))
	require.NoError(t, os.Symlink(filepath.Join(outside, "file"), filepath.Join(root, "file")))
	require.NoError(t, s.Create(t.Context(), "object", "", nil))

	for _, key := range []string{"folder/secret", "file"} {
		_, _, err := s.Get(t.Context(), key, 0, -1)
		require.Error(t, err, "get %s", key)
		_, err = s.Stat(t.Context(), key)
		require.Error(t, err, "stat %s", key)
	}
	require.Error(t, s.Put(t.Context(), "folder/secret", "", strings.NewReader("x")))
	require.Error(t, s.Put(t.Context(), "folder/new", "", strings.NewReader("x")))
	require.Error(t, s.Create(t.Context(), "folder/new", "", nil))
	require.Error(t, s.Delete(t.Context(), "folder/secret"))
	require.Equal(t, []string{"object"}, keys(t, s, "", ""))
	require.Equal(t, []string{".tmp~", "file", "folder/secret"}, files(t, outside))
	for _, key := range []string{"folder/secret", "file"} {
		data, err := storage.ReadAll(t.Context(), other, key, 100)
		require.NoError(t, err)
		require.Equal(t, "secret", string(data))
	}
}

// TestForeignFilesAreNoObjects has files that somebody else put there.
func TestForeignFilesAreNoObjects(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	s := open(t, root)
	for _, name := range []string{"Thumbs.DB", "a b", ".tmp~/x"} {
		require.NoError(t, os.WriteFile(filepath.Join(root, name), nil, 0o600))
	}
	require.NoError(t, os.Mkdir(filepath.Join(root, "empty"), 0o700))
	require.Empty(t, keys(t, s, "", ""))
}

// TestProcessesRaceToCreate stands in for two processes with two stores on one
// folder: they share nothing but the file system.
func TestProcessesRaceToCreate(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	stores := []*dir.Store{open(t, root), open(t, root)}
	for round := range 50 {
		key := fmt.Sprintf("race/%d", round)
		var won atomic.Int32
		var group sync.WaitGroup
		for _, s := range stores {
			group.Go(func() {
				if err := s.Create(t.Context(), key, "", nil); err == nil {
					won.Add(1)
				}
			})
		}
		group.Wait()
		require.Equal(t, int32(1), won.Load(), "winners of round %d", round)
	}
}

// TestListReadsFoldersWhenItReachesThem shows what is not fetched: a change to a
// folder that the listing has yet to reach is seen.
func TestListReadsFoldersWhenItReachesThem(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	for _, key := range []string{"a/1", "b/1"} {
		require.NoError(t, s.Create(t.Context(), key, "", nil))
	}
	var found []string
	for info, err := range s.List(t.Context(), "", "") {
		require.NoError(t, err)
		if found = append(found, info.Key); len(found) == 1 {
			require.NoError(t, s.Create(t.Context(), "b/0", "", nil))
		}
	}
	require.Equal(t, []string{"a/1", "b/0", "b/1"}, found)
}

func keys(t *testing.T, s storage.Store, prefix, after string) []string {
	t.Helper()
	found := []string{}
	for info, err := range s.List(t.Context(), prefix, after) {
		require.NoError(t, err)
		found = append(found, info.Key)
	}
	return found
}

// BenchmarkPut is dominated by the syncs: of the file, and of the folders.
func BenchmarkPut(b *testing.B) {
	s := open(b, b.TempDir())
	data := make([]byte, 8<<10)
	for i := 0; b.Loop(); i++ {
		require.NoError(b, s.Put(b.Context(), fmt.Sprintf("renders/%d.png", i%1000), "", bytes.NewReader(data)))
	}
}

func BenchmarkGet(b *testing.B) {
	s := open(b, b.TempDir())
	require.NoError(b, s.Create(b.Context(), "renders/1.png", "", make([]byte, 8<<10)))
	for b.Loop() {
		body, _, err := s.Get(b.Context(), "renders/1.png", 0, -1)
		require.NoError(b, err)
		_, err = io.Copy(io.Discard, body)
		require.NoError(b, err)
		require.NoError(b, body.Close())
	}
}

// BenchmarkList takes the first 50 objects of one folder with many: the page
// that GET /jobs shows. The sizes straddle where reading the names outweighs
// examining the 50.
func BenchmarkList(b *testing.B) {
	for _, size := range []int{100, 10_000, 100_000} {
		b.Run(fmt.Sprintf("of=%d", size), func(b *testing.B) {
			root := b.TempDir()
			require.NoError(b, os.Mkdir(filepath.Join(root, "open"), 0o700))
			for i := range size {
				require.NoError(b, os.WriteFile(filepath.Join(root, "open", fmt.Sprintf("%032x", i*7919)), nil, 0o600))
			}
			s := open(b, root)
			after := fmt.Sprintf("open/%032x", size/3*7919)
			for b.Loop() {
				require.Len(b, first(b, s, "open/", after, 50), 50)
			}
		})
	}
}

func first(b *testing.B, s storage.Store, prefix, after string, n int) []string {
	b.Helper()
	var found []string
	for info, err := range s.List(b.Context(), prefix, after) {
		require.NoError(b, err)
		if found = append(found, info.Key); len(found) == n {
			break
		}
	}
	return found
}
