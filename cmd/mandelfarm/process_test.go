package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/storage/s3"
)

// asCommand makes the test binary be the command.
const asCommand = "MANDELFARM_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		os.Exit(run(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// command is mandelfarm with arguments, and with settings in its environment
// and no others.
func command(tb testing.TB, settings map[string]string, args ...string) *exec.Cmd {
	tb.Helper()
	self, err := os.Executable()
	require.NoError(tb, err)
	cmd := exec.CommandContext(context.WithoutCancel(tb.Context()), self, args...)
	cmd.Dir = tb.TempDir()
	cmd.Env = []string{asCommand + "=1", "PATH=" + os.Getenv("PATH"), "HOME=" + cmd.Dir, "GOCOVERDIR=" + os.Getenv("GOCOVERDIR")}
	for name, value := range settings {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// service is a running mandelfarm process that listens.
type service struct {
	*testenv.Process
	url string
}

var listening = regexp.MustCompile(`msg=listening url=(http://\S+)/`)

const testTimeout = 30 * time.Second

// serve starts a process and waits until it is ready.
func serve(tb testing.TB, settings map[string]string, args ...string) *service {
	tb.Helper()
	return launch(tb, command(tb, settings, append(args, "--listen", "127.0.0.1:0")...))
}

// launch starts a process of a command and waits until it is ready.
func launch(tb testing.TB, cmd *exec.Cmd) *service {
	tb.Helper()
	s := &service{Process: testenv.Start(tb, cmd)}
	require.Eventually(tb, func() bool {
		found := listening.FindStringSubmatch(s.Log())
		if found == nil {
			return false
		}
		s.url = found[1]
		status, _ := s.get("/readyz")
		return status == http.StatusOK
	}, testTimeout, 5*time.Millisecond, "not ready: %s", s)
	return s
}

// String is what the process has printed, for messages of failed tests.
func (s *service) String() string { return s.Log() }

// get asks the process; status 0 means that it did not answer.
func (s *service) get(path string) (status int, body []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		return 0, nil
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil
	}
	defer response.Body.Close()
	body, err = io.ReadAll(response.Body)
	if err != nil {
		return 0, nil
	}
	return response.StatusCode, body
}

// submit posts a Spec and returns the job's location.
func (s *service) submit(tb testing.TB, spec string) string {
	tb.Helper()
	response, err := http.Post(s.url+"/jobs", "application/json", strings.NewReader(spec))
	require.NoError(tb, err)
	defer response.Body.Close()
	require.Equal(tb, http.StatusAccepted, response.StatusCode)
	return response.Header.Get("Location")
}

// awaitJob waits for a job to be in a state.
func (s *service) awaitJob(tb testing.TB, location, state string, limit time.Duration) {
	tb.Helper()
	var last string
	require.Eventually(tb, func() bool {
		_, body := s.get(location)
		last = string(body)
		return strings.Contains(last, `"state":"`+state+`"`)
	}, limit, 20*time.Millisecond, "%s did not become %s: %s", location, state, &last)
}

// drawings counts the pictures that processes say they have drawn.
func drawings(services ...*service) int {
	n := 0
	for _, s := range services {
		n += strings.Count(s.Log(), "msg=drawn ")
	}
	return n
}

// servers is a Redis and an S3 server of the test's own, as settings.
func servers(tb testing.TB) (*testenv.RedisServer, map[string]string) {
	tb.Helper()
	redis := testenv.Redis(tb)
	return redis, serverSettings(redis.URL(), testenv.S3(tb))
}

func serverSettings(redisURL string, bucket s3.Config) map[string]string {
	return map[string]string{
		"REDIS_URL":             redisURL,
		"S3_ENDPOINT":           bucket.Endpoint,
		"S3_BUCKET":             bucket.Bucket,
		"S3_REGION":             bucket.Region,
		"AWS_ACCESS_KEY_ID":     bucket.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY": string(bucket.SecretAccessKey),
	}
}
