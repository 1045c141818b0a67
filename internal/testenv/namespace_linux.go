package testenv

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// namespaceVariable names, in the process that InNamespace starts, the test that
// it is for.
const namespaceVariable = "TESTENV_NAMESPACE"

// InNamespace runs the calling test again, in a process with users and mounts of
// its own, as the user uid there. It returns true in that process, and false in
// the one that started it, when the other has ended and its outcome is the
// test's. User 0 may mount what it likes there with [Mount], and nobody outside
// sees it; another user has no privileges, even if the one who runs the tests is
// root. Where the kernel or a sandbox does not allow this, the test is skipped.
func InNamespace(t *testing.T, uid int) bool {
	t.Helper()
	if os.Getenv(namespaceVariable) == t.Name() { //nolint:forbidigo // set below
		return true
	}
	//nolint:gosec,noctx // this program; it dies with its parent
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.short="+strconv.FormatBool(testing.Short()))
	cmd.Env = environment(namespaceVariable + "=" + t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: uid, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: uid, HostID: os.Getgid(), Size: 1}},
	}
	p, err := start(cmd)
	if err != nil {
		t.Skipf("no namespaces for users here: %v", err)
	}
	err = p.Wait()
	switch {
	case err != nil:
		t.Fatalf("in a namespace of its own: %v\n%s", err, p.Log())
	case strings.Contains(p.Log(), "--- SKIP: "+t.Name()):
		t.Skipf("in a namespace of its own:\n%s", p.Log())
	case !strings.Contains(p.Log(), "--- PASS: "+t.Name()):
		t.Fatalf("has not run in a namespace of its own:\n%s", p.Log())
	}
	return false
}

// Mount mounts a file system of a kind on a fresh folder, which it returns.
func Mount(t *testing.T, kind, options string) string {
	t.Helper()
	folder := t.TempDir()
	if err := syscall.Mount(kind, folder, kind, 0, options); err != nil {
		t.Skipf("mount %s: %v", kind, err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(folder, syscall.MNT_DETACH) })
	return folder
}

// MountReadOnly makes what is mounted on a folder read-only.
func MountReadOnly(t *testing.T, folder string) {
	t.Helper()
	if err := syscall.Mount("", folder, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatalf("mount read-only: %v", err)
	}
}
