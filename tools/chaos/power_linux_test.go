package chaos

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
)

var cuts = flag.Int("cuts", 0, "how often the power of a farm in one process is cut")

// TestPowerCuts cuts the power of a farm that keeps its record in a folder: its file system is on a disk of its own, which is copied as it is while the
// processes stand still, so that the copy holds what has reached the disk and not what waits in memory to be written. The farm goes on with the copy.
func TestPowerCuts(t *testing.T) { //nolint:paralleltest // it takes the machine
	if *cuts == 0 {
		t.Skip("it takes minutes, and needs root: make power")
	}
	source := rand.New(rand.NewPCG(*seed, 0))
	d := newDisk(t)
	f := newFolderFarm(t, program(t, false), d.folder)
	r := newRecord()
	for n := range *cuts {
		f.members[0].awaitReady(t)
		ctx, cancel := context.WithCancel(t.Context())
		var using sync.WaitGroup
		using.Go(func() { newClients(f, r).run(ctx, *seed+uint64(n)) })
		pause(t.Context(), time.Second+time.Duration(source.Int64N(int64(3*time.Second))))
		cutPower(t, f.members[0], d)
		cancel()
		using.Wait()
		d.mount(t)
		f.members[0].start(t)
		t.Logf("cut %d, with %d jobs accepted so far", n+1, len(r.owed()))
	}
	f.members[0].awaitReady(t)
	audit(t, f, r)
	r.report(t)
	for _, wrong := range r.contradictions() {
		t.Error(wrong)
	}
	requireQuietLogs(t, f)
}

// newFolderFarm is a farm in one process. As a farm it has several APIs, which are all that one.
func newFolderFarm(tb testing.TB, program, folder string) *farm {
	tb.Helper()
	m := &member{
		name: "farm", program: program, address: testenv.FreeAddr(tb),
		env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + tb.TempDir(), "GOMAXPROCS=2"}, //nolint:forbidigo // that of a process that is started
	}
	m.args = []string{"--listen", m.address, "--data", filepath.Join(folder, "data"), "--access-log", "off", "--wait-limit", "10s", "--band-time", "50ms"}
	f := &farm{}
	for range apis {
		f.members = append(f.members, m)
	}
	m.start(tb)
	return f
}

// disk is a file that is a disk, with a file system that is mounted on a folder.
type disk struct{ image, folder string }

const diskSize = 1 << 30

func newDisk(t *testing.T) *disk {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root may mount disks")
	}
	d := &disk{image: filepath.Join(t.TempDir(), "disk"), folder: t.TempDir()}
	image, err := os.Create(d.image)
	require.NoError(t, err)
	require.NoError(t, image.Truncate(diskSize))
	require.NoError(t, image.Close())
	d.run(t, "mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", d.image)
	d.mount(t)
	t.Cleanup(func() { _ = syscall.Unmount(d.folder, syscall.MNT_DETACH) })
	return d
}

// mount mounts the disk. Its file system writes nothing by itself for minutes, so that a cut takes all that nobody has asked it to write.
func (d *disk) mount(t *testing.T) {
	t.Helper()
	d.run(t, "mount", "-o", "loop,commit=600", d.image, d.folder)
}

func (d *disk) run(t *testing.T, name string, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	require.NoError(t, err, "%s %v: %s", name, args, out)
}

// cutPower ends a process whose files are on a disk, and gives the disk the content that it had at that moment.
func cutPower(t *testing.T, m *member, d *disk) {
	t.Helper()
	held(m.now().PID())
	after := d.image + ".cut"
	for before := ""; ; {
		now := d.written(t)
		if now == before { // it was not written to while it was copied
			break
		}
		before = now
		copySparse(t, d.image, after)
	}
	m.kill()
	d.run(t, "umount", d.folder)
	require.NoError(t, os.Rename(after, d.image))
}

// written is how much has been written to the disk, and what is about to be.
func (d *disk) written(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "findmnt", "-no", "SOURCE", d.folder).Output()
	require.NoError(t, err)
	stat, err := os.ReadFile(filepath.Join("/sys/class/block", filepath.Base(strings.TrimSpace(string(out))), "stat"))
	require.NoError(t, err)
	fields := strings.Fields(string(stat))
	return fmt.Sprintf("%s writes, %s under way, %s flushes", fields[4], fields[8], fields[15])
}

// copySparse copies a file but for its holes.
func copySparse(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	require.NoError(t, err)
	defer in.Close()
	out, err := os.Create(to)
	require.NoError(t, err)
	defer out.Close()
	require.NoError(t, out.Truncate(diskSize))
	const seekData, seekHole = 3, 4
	for at := int64(0); ; {
		begin, err := in.Seek(at, seekData)
		if err != nil {
			return // there is no more
		}
		at, err = in.Seek(begin, seekHole)
		require.NoError(t, err)
		_, err = in.Seek(begin, io.SeekStart)
		require.NoError(t, err)
		_, err = out.Seek(begin, io.SeekStart)
		require.NoError(t, err)
		_, err = io.CopyN(out, in, at-begin)
		require.NoError(t, err)
	}
}
