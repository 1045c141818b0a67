package queue_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/queue"
)

func TestURLsSayWhereRedisIs(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"redis://localhost":                                     "localhost:6379",
		"redis://localhost:7000/3":                              "localhost:7000",
		"redis://[::1]":                                         "[::1]:6379",
		"redis://[::1]:7000":                                    "[::1]:7000",
		"rediss://user:hunter2@redis.example:6380/3":            "redis.example:6380",
		"redis://:p%40%2Fhunter2@redis.example":                 "redis.example:6379",
		"redis-sentinel://a,b:1,[::1]/farm":                     "a:26379,b:1,[::1]:26379/farm",
		"rediss-sentinel://user:hunter2@a:26379,b:26379/farm/2": "a:26379,b:26379/farm",
		"redis-cluster://a":                                     "a:6379",
		"rediss-cluster://user:hunter2@a:1,b:2":                 "a:1,b:2",
	} {
		where, err := queue.ParseURL(url)
		require.NoError(t, err, url)
		require.Equal(t, want, where)
		require.NoError(t, queue.Access{}.Validate(url))
	}
}

// TestWrongURLsAreRefusedWithAnExample, and no message has a password in it.
func TestWrongURLsAreRefusedWithAnExample(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"":                              "such as redis://localhost:6379/0",
		"%hunter2":                      "such as redis://localhost:6379/0",
		"user:hunter2@host:6379":        "such as redis://localhost:6379/0",
		"http://user:hunter2@host":      "such as redis-cluster://a:6379,b:6379,c:6379",
		"redis://user:hunter2\x7f@host": "such as redis://localhost:6379/0",
		"redis://user:hunter2@host:6379?dial_timeout=1": "the number of a database",
		"redis://user:hunter2@host:6379/0?a=b":          "the number of a database",
		"redis://user:hunter2@host/zero":                "the number of a database",
		"redis://user:hunter2@host/-1":                  "the number of a database",
		"redis://user:hunter2@host:port":                "host:port",
		"redis://user:hunter2@host:0":                   "host:port",
		"redis://user:hunter2@host:65536":               "host:port",
		"redis://user:hunter2@":                         "host:port",
		"redis://:hunter2@[::1":                         "host:port",
		"redis://user:hunter/2@host":                    "user:password",
		"redis://user:hunter#2@host":                    "user:password",
		"redis://user:hunter%2@host":                    "user:password",
		"redis://a:1,b:2":                               "redis-sentinel://a:26379,b:26379,c:26379/mymaster",
		"redis://user:hunter2@a:1,b:2/0":                "redis-cluster://a:6379",
		"redis-sentinel://:hunter2@a:1,b:2":             "what the Sentinels call the primary",
		"redis-sentinel://:hunter2@a:1,b:2//1":          "what the Sentinels call the primary",
		"redis-sentinel://:hunter2@a:1,b:2/farm/one":    "the number of a database",
		"redis-sentinel://:hunter2@a:1,,b:2/farm":       "host:port",
		"redis-cluster://:hunter2@a:1,b:2/1":            "a cluster has one database",
	} {
		where, err := queue.ParseURL(url)
		require.ErrorContains(t, err, want, "%q", url)
		require.NotContains(t, where+err.Error(), "hunter")
		_, err = queue.Open(t.Context(), queue.Config{URL: url, Limit: 1, Log: slog.New(slog.DiscardHandler)})
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "hunter")
		require.NoError(t, queue.Access{}.Validate(url), "that is said once")
	}
}

func TestAccessNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	certificates := testenv.NewCertificates(t)
	empty := filepath.Join(t.TempDir(), "empty.pem")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	const plain, secure, watched = "redis://host", "rediss://host", "redis-sentinel://host/farm"
	for _, test := range []struct {
		url    string
		access queue.Access
		want   string // nothing: it is right
	}{
		{plain, queue.Access{Username: "user", Password: "hunter2"}, ""},
		{plain, queue.Access{Password: "hunter2"}, ""},
		{plain, queue.Access{Username: "user"}, "REDIS_PASSWORD is empty"},
		{"redis://user@host", queue.Access{}, "REDIS_PASSWORD is empty"},
		{"redis://:hunter2@host", queue.Access{Password: "hunter2"}, ""},
		{"redis://:hunter2@host", queue.Access{Password: "hunter3"}, "in one place"},
		{"redis://:hunter2@host", queue.Access{Username: "user"}, "in one place"},
		{watched, queue.Access{SentinelUsername: "user", SentinelPassword: "hunter2"}, ""},
		{watched, queue.Access{SentinelUsername: "user"}, "REDIS_SENTINEL_PASSWORD is empty"},
		{plain, queue.Access{SentinelPassword: "hunter2"}, "REDIS_URL names no Sentinels"},
		{secure, queue.Access{CA: certificates.CA, Certificate: certificates.Cert, Key: certificates.Key, ServerName: "redis"}, ""},
		{plain, queue.Access{CA: certificates.CA}, "REDIS_URL asks for no TLS"},
		{plain, queue.Access{ServerName: "redis"}, "REDIS_URL asks for no TLS"},
		{secure, queue.Access{CA: empty}, "REDIS_TLS_CA is"},
		{secure, queue.Access{CA: "nowhere"}, "REDIS_TLS_CA is"},
		{secure, queue.Access{Certificate: certificates.Cert}, "REDIS_TLS_CERT and REDIS_TLS_KEY belong together"},
		{secure, queue.Access{Certificate: certificates.Cert, Key: certificates.CA}, "REDIS_TLS_KEY"},
	} {
		err := test.access.Validate(test.url)
		if test.want == "" {
			require.NoError(t, err, "%s %+v", test.url, test.access)
			continue
		}
		require.ErrorContains(t, err, test.want, "%s %+v", test.url, test.access)
		require.NotContains(t, err.Error(), "hunter")
	}
}
