package chaos

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/storage/s3"
)

const (
	apis    = 2
	workers = 3

	// cacheBytes is what a process keeps in memory of pictures, or prepasses: so little that caches are full soon, and are not taken for growth.
	cacheBytes = "33554432"
)

// farm is a farm of processes.
type farm struct {
	redis  *testenv.RedisServer
	store  *testenv.S3Process
	bucket s3.Config

	links   *links
	members []*member
}

// member is a process of the farm, which may be ended and begun again at the same address.
type member struct {
	name    string
	address string // of its API or probes
	args    []string
	program string
	env     []string
	redis   *link
	store   *link

	mu      sync.Mutex
	process *testenv.Process
	ended   []*testenv.Process
}

// program builds the farm's program, with the race detector if that is asked for.
func program(tb testing.TB, race bool) string {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "mandelfarm")
	cmd := exec.CommandContext(tb.Context(), "go", "build", "-race="+strconv.FormatBool(race), "-o", file, "mandelfarm/cmd/mandelfarm") //nolint:gosec // paths of the test's
	cmd.Dir = testenv.RepoRoot(tb)
	out, err := cmd.CombinedOutput()
	require.NoError(tb, err, "%s", out)
	return file
}

// newFarm starts the servers and the farm, and returns when all of it is ready. Redis keeps its data, or does not.
func newFarm(tb testing.TB, program string, kept bool) *farm {
	tb.Helper()
	redis := testenv.Redis
	if kept {
		redis = testenv.RedisKept
	}
	f := &farm{redis: redis(tb), store: testenv.S3Server(tb), links: newLinks()}
	f.bucket = f.store.Config()
	for i := range apis {
		f.add(tb, program, fmt.Sprintf("api %d", i), "api", "--access-log", "off", "--wait-limit", "10s", "--cache-bytes", cacheBytes)
	}
	for i := range workers {
		f.add(tb, program, fmt.Sprintf("worker %d", i), "worker", "--band-time", "50ms", "--sweep-interval", "5s", "--grace", "3s", "--prepass-cache-bytes", cacheBytes)
	}
	for _, m := range f.members {
		m.awaitReady(tb)
	}
	return f
}

func (f *farm) add(tb testing.TB, program, name string, args ...string) {
	tb.Helper()
	m := &member{
		name: name, program: program, address: testenv.FreeAddr(tb),
		redis: f.links.to(tb, f.redis.Addr),
		store: f.links.to(tb, strings.TrimPrefix(f.bucket.Endpoint, "http://")),
	}
	m.args = append([]string{args[0], "--listen", m.address}, args[1:]...)
	home := tb.TempDir()
	m.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "GOMAXPROCS=2", //nolint:forbidigo // the environment of a process that is started
		"REDIS_URL=redis://" + m.redis.address() + "/0",
		"S3_ENDPOINT=http://" + m.store.address(), "S3_BUCKET=" + f.bucket.Bucket, "S3_REGION=" + f.bucket.Region,
		"AWS_ACCESS_KEY_ID=" + f.bucket.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + string(f.bucket.SecretAccessKey),
	}
	f.members = append(f.members, m)
	m.start(tb)
}

func (f *farm) apis() []*member    { return f.members[:apis] }
func (f *farm) workers() []*member { return f.members[apis:] }

// links of the members to one of the servers.
func linksOf(members []*member, which func(m *member) *link) []*link {
	all := make([]*link, len(members))
	for i, m := range members {
		all[i] = which(m)
	}
	return all
}

func toRedis(m *member) *link { return m.redis }
func toStore(m *member) *link { return m.store }

// start starts the process if it does not run.
func (m *member) start(tb testing.TB) {
	tb.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.process != nil {
		select {
		case <-m.process.Done():
			m.ended = append(m.ended, m.process)
		default:
			return
		}
	}
	cmd := exec.CommandContext(context.WithoutCancel(tb.Context()), m.program, m.args...) //nolint:gosec // the farm's program
	cmd.Env = m.env
	m.process = testenv.Start(tb, cmd)
}

func (m *member) kill() { m.now().Kill() }

// stop has the process end in good order.
func (m *member) stop() { _ = m.now().Stop(30 * time.Second) } // how it ends shows in its log

func (m *member) now() *testenv.Process {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.process
}

// logs of all processes that the member has had.
func (m *member) logs() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all strings.Builder
	for _, p := range append(m.ended, m.process) {
		all.WriteString(p.Log())
	}
	return all.String()
}

func (m *member) url(path string) string { return "http://" + m.address + path }

// readyLimit is for machines that do much else.
const readyLimit = time.Minute

func (m *member) awaitReady(tb testing.TB) {
	tb.Helper()
	require.Eventually(tb, func() bool {
		status, _, err := m.get("/readyz")
		return err == nil && status == http.StatusOK
	}, readyLimit, 20*time.Millisecond, "%s is not ready", m.name)
}

// get asks the process what it is fit for, or how large it is.
func (m *member) get(path string) (status int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), readyLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, m.url(path), http.NoBody)
	if err != nil {
		return 0, nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(answer.Body)
	return answer.StatusCode, body, err
}
