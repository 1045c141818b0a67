package main

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/queue"
)

// examined is what the doctor says of a farm.
func examined(t *testing.T, settings map[string]string) (code int, text string) {
	t.Helper()
	cmd := command(t, settings, "doctor")
	out, _ := cmd.CombinedOutput() // the code says it
	return cmd.ProcessState.ExitCode(), string(out)
}

// bad are the lines that say what to mend.
func bad(text string) (lines []string) {
	for line := range strings.Lines(text) {
		// How fast the machine is while all tests run says nothing.
		if strings.HasPrefix(line, "BAD") && !strings.Contains(line, "speed") {
			lines = append(lines, line)
		}
	}
	return lines
}

// TestLeastPolicyIsEnoughForAFarm, and without any of it the doctor names what is missing.
func TestLeastPolicyIsEnoughForAFarm(t *testing.T) {
	t.Parallel()
	redis, settings := servers(t)
	redis.Do(t, "ACL SETUSER mandelfarm on >secret "+queue.Policy())
	u, err := url.Parse(settings["REDIS_URL"])
	require.NoError(t, err)
	u.User = url.UserPassword("mandelfarm", "secret")
	settings["REDIS_URL"] = u.String()
	_, text := examined(t, settings)
	require.Len(t, bad(text), 1, text)
	assert.Contains(t, bad(text)[0], "start one")

	front, back := serve(t, settings, "api"), serve(t, settings, "worker")
	settings["BAND_TIME"] = shortBands
	large := serve(t, settings, "worker")
	front.awaitJob(t, front.submit(t, heavy(2000)), "done", testTimeout)
	status, _ := front.get("/generate/30/20")
	assert.Equal(t, 200, status)
	for _, process := range []*service{front, back, large} {
		assert.NotContains(t, process.Log(), "NOPERM")
	}
	_, text = examined(t, settings)
	assert.Empty(t, bad(text), text)
	for _, part := range []string{"2 are there", "redis commands", "s3 multipart", "s3 delete", "G iterations/s"} {
		assert.Contains(t, text, part)
	}

	redis.Do(t, "ACL SETUSER mandelfarm -zadd -publish")
	code, text := examined(t, settings)
	assert.Equal(t, exitFailure, code)
	require.NotEmpty(t, bad(text), text)
	assert.Contains(t, bad(text)[0], "ZADD: ")
	assert.Contains(t, bad(text)[0], "PUBLISH: ")
}

func TestDoctorSaysWhatIsNotReached(t *testing.T) {
	t.Parallel()
	_, settings := servers(t)
	settings["REDIS_URL"], settings["S3_ENDPOINT"] = "redis://127.0.0.1:1/0", "http://127.0.0.1:1"
	code, text := examined(t, settings)
	assert.Equal(t, exitFailure, code)
	assert.Len(t, bad(text), 2, text)
	assert.Contains(t, text, "REDIS_URL")
	assert.Contains(t, text, "see to S3_ENDPOINT")
	assert.Contains(t, asked(t, "http://localhost:1", "", "doctor", "--policy"), "ACL SETUSER mandelfarm on >PASSWORD resetkeys ~mandelfarm:*")
}
