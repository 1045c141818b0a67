package testenv

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"mandelfarm/storage/s3"
)

// healthPath, with the server's token behind it, is what versitygw answers
// without credentials.
const healthPath = "/healthz-"

// S3Process is a versitygw that keeps its objects in a folder, which ends with
// it. Its methods are for the goroutine of the test that owns it.
type S3Process struct {
	program string
	folder  string
	// token is the server's secret key, and the part of its health path by which
	// it proves to be the one that was started.
	token   string
	addr    string
	process *Process
}

// S3 returns the Config of a fresh, not yet created bucket on a server that the
// tests of this binary share while they run.
func S3(tb testing.TB) s3.Config {
	tb.Helper()
	notInShort(tb)
	server, err := shared.acquire()
	if err != nil {
		tb.Fatalf("start versitygw: %v", err)
	}
	tb.Cleanup(func() {
		server.process.logTo(tb)
		shared.release()
	})
	return server.config()
}

// S3Server starts a server that belongs to the test, to stop and restart.
func S3Server(tb testing.TB) *S3Process {
	tb.Helper()
	return S3ServerIn(tb, os.TempDir())
}

// S3ServerIn starts a server that belongs to the test and keeps its objects below
// a folder.
func S3ServerIn(tb testing.TB, folder string) *S3Process {
	tb.Helper()
	notInShort(tb)
	server, err := newS3Process(folder)
	if err != nil {
		tb.Fatalf("start versitygw: %v", err)
	}
	tb.Cleanup(func() {
		server.process.logTo(tb)
		server.end()
	})
	return server
}

// Config returns the Config of a fresh, not yet created bucket.
func (s *S3Process) Config() s3.Config { return s.config() }

// Folder is where the server keeps a bucket's objects, as files.
func (s *S3Process) Folder(bucket string) string { return filepath.Join(s.folder, bucket) }

// PID is the server's process ID.
func (s *S3Process) PID() int { return s.process.PID() }

// Kill ends the server at once, as a crash does. Its objects stay.
func (s *S3Process) Kill() { s.process.Kill() }

// Restart ends the server if it runs and starts it again with the same objects
// at the same address.
func (s *S3Process) Restart(tb testing.TB) {
	tb.Helper()
	s.process.Kill()
	process, err := startAt(s.addr, s.command, s.answers)
	if err != nil {
		tb.Fatalf("restart versitygw: %v", err)
	}
	s.process = process
}

func newS3Process(parent string) (*S3Process, error) {
	program, err := versitygw()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(parent, "testenv-s3-")
	if err != nil {
		return nil, err
	}
	s := &S3Process{program: program, folder: folder, token: rand.Text()}
	if s.process, s.addr, err = startAnswering(s.command, s.answers); err != nil {
		_ = os.RemoveAll(folder)
		return nil, err
	}
	return s, nil
}

// command starts the server with connections kept, which it does not by default.
func (s *S3Process) command(addr string) *exec.Cmd {
	//nolint:gosec,noctx // the program is versitygw; Process ends it
	cmd := exec.Command(s.program, "--port", addr, "--health", healthPath+s.token, "--virtual-domain", VirtualDomain, "--keep-alive", "--quiet", "posix", s.folder)
	cmd.Env = environment("ROOT_ACCESS_KEY="+accessKeyID, "ROOT_SECRET_KEY="+s.token, "VGW_REGION="+s3.DefaultRegion)
	return cmd
}

// VirtualDomain is the host below which servers take a host's name for a bucket's. Nobody
// resolves it: requests get there by a proxy.
const VirtualDomain = "s3.test"

const accessKeyID = "testenv"

func (s *S3Process) answers(ctx context.Context, addr string, _ *Process) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+healthPath+s.token, http.NoBody)
	if err != nil {
		return err
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: %s at %s", errStranger, resp.Status, addr)
	}
	return nil
}

func (s *S3Process) config() s3.Config {
	return s3.Config{
		Endpoint:        "http://" + s.addr,
		Bucket:          "test-" + strings.ToLower(rand.Text()),
		Region:          s3.DefaultRegion,
		AccessKeyID:     accessKeyID,
		SecretAccessKey: s3.Secret(s.token),
	}
}

// end kills the server and removes its folder.
func (s *S3Process) end() {
	s.process.Kill()
	_ = os.RemoveAll(s.folder)
}

// shared is the server that S3 hands out.
var shared sharedS3 //nolint:gochecknoglobals // one per test binary is the point

// sharedS3 runs a server while somebody uses it.
type sharedS3 struct {
	mu     sync.Mutex
	users  int
	server *S3Process
}

func (s *sharedS3) acquire() (*S3Process, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users == 0 {
		server, err := newS3Process(os.TempDir())
		if err != nil {
			return nil, err
		}
		s.server = server
	}
	s.users++
	return s.server, nil
}

func (s *sharedS3) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users--
	if s.users == 0 {
		s.server.end()
		s.server = nil
	}
}

// versitygw returns the path of the program, built if need be, once per process.
//
//nolint:gochecknoglobals // a memo
var versitygw = sync.OnceValues(func() (string, error) {
	if program := os.Getenv("VERSITYGW"); program != "" { //nolint:forbidigo // tests have no flags
		return program, nil
	}
	root, err := repoRoot()
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "tool", "-modfile=tools/go.mod", "-n", "versitygw")
	cmd.Dir = root
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return "", fmt.Errorf("build versitygw: %w\n%s", err, exit.Stderr)
	}
	return strings.TrimSpace(string(out)), err
})
