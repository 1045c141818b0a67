package s3_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/storage/s3"
)

// hidden is what must not show in any form.
const hidden = "wJalrXUtnFEMI"

func valid() s3.Config {
	cfg := s3.DefaultConfig()
	cfg.Endpoint = "http://localhost:7070"
	cfg.AccessKeyID = "AKIA"
	cfg.SecretAccessKey = hidden
	return cfg
}

func TestValidateAcceptsWhatServersUse(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{
		"http://localhost:7070", "http://localhost:7070/", "https://s3.eu-central-1.amazonaws.com", "http://[::1]:9000", "http://versitygw",
	} {
		cfg := valid()
		cfg.Endpoint = endpoint
		require.NoError(t, cfg.Validate(), endpoint)
	}
}

func TestValidateNamesTheVariable(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*s3.Config)
		want   []string
	}{
		{"no endpoint", func(c *s3.Config) { c.Endpoint = "" }, []string{"S3_ENDPOINT is empty", "http://localhost:7070"}},
		{"host only", func(c *s3.Config) { c.Endpoint = "localhost:7070" }, []string{"S3_ENDPOINT", "localhost:7070", "want a URL"}},
		{"other scheme", func(c *s3.Config) { c.Endpoint = "s3://bucket" }, []string{"S3_ENDPOINT", "s3://bucket", "want a URL"}},
		{"no host", func(c *s3.Config) { c.Endpoint = "http://" }, []string{"S3_ENDPOINT", "want a URL"}},
		{"port only", func(c *s3.Config) { c.Endpoint = "http://:7070" }, []string{"S3_ENDPOINT", "want a URL"}},
		{"path", func(c *s3.Config) { c.Endpoint = "http://host/bucket" }, []string{"S3_ENDPOINT", "more than a host"}},
		{"query", func(c *s3.Config) { c.Endpoint = "http://host?x=1" }, []string{"S3_ENDPOINT", "more than a host"}},
		{"no URL", func(c *s3.Config) { c.Endpoint = "http://a:" + hidden + "@[" }, []string{"S3_ENDPOINT is not a URL"}},
		{"credentials", func(c *s3.Config) { c.Endpoint = "http://a:" + hidden + "@host" }, []string{"S3_ENDPOINT", "AWS_SECRET_ACCESS_KEY"}},
		{"no bucket", func(c *s3.Config) { c.Bucket = "" }, []string{"S3_BUCKET", "3 to 63"}},
		{"short bucket", func(c *s3.Config) { c.Bucket = "ab" }, []string{`S3_BUCKET is "ab"`, "3 to 63"}},
		{"bucket with a slash", func(c *s3.Config) { c.Bucket = "a/../b" }, []string{"S3_BUCKET"}},
		{"upper-case bucket", func(c *s3.Config) { c.Bucket = "Mandelfarm" }, []string{"S3_BUCKET"}},
		{"no region", func(c *s3.Config) { c.Region = "" }, []string{"S3_REGION is empty", "us-east-1"}},
		{"no key ID", func(c *s3.Config) { c.AccessKeyID = "" }, []string{"AWS_ACCESS_KEY_ID is empty"}},
		{"no secret", func(c *s3.Config) { c.SecretAccessKey = "" }, []string{"AWS_SECRET_ACCESS_KEY is empty"}},
		{"prefix with a slash", func(c *s3.Config) { c.Prefix = "farms/" }, []string{"S3_PREFIX", "such as farms/one"}},
		{"upward prefix", func(c *s3.Config) { c.Prefix = "../one" }, []string{"S3_PREFIX", "such as farms/one"}},
		{"long prefix", func(c *s3.Config) { c.Prefix = strings.Repeat("a/", 128) + "b" }, []string{"S3_PREFIX", "256 bytes"}},
		{"other addressing", func(c *s3.Config) { c.Addressing = "dns" }, []string{"S3_ADDRESSING", "auto or path or virtual-host"}},
		{"other credentials", func(c *s3.Config) { c.Credentials = "mine" }, []string{"S3_CREDENTIALS", "keys or chain"}},
		{"other encryption", func(c *s3.Config) { c.Encryption = "AES256" }, []string{"S3_ENCRYPTION", "none or s3 or kms"}},
		{"key without kms", func(c *s3.Config) { c.Encryption, c.KMSKeyID = s3.EncryptionS3, "key" }, []string{"S3_KMS_KEY_ID", "kms"}},
		{"nothing", func(c *s3.Config) { *c = s3.Config{} }, []string{
			"S3_ENDPOINT", "S3_BUCKET", "S3_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cfg := valid()
			test.change(&cfg)
			err := cfg.Validate()
			require.Error(t, err)
			for _, want := range test.want {
				require.ErrorContains(t, err, want)
			}
			require.NotContains(t, err.Error(), hidden)
			_, openErr := s3.Open(t.Context(), cfg)
			require.EqualError(t, openErr, err.Error(), "Open validates")
		})
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	t.Parallel()
	cfg := valid()
	wrapped := struct {
		Inner s3.Config
		List  []s3.Secret
		Map   map[string]s3.Secret
	}{cfg, []s3.Secret{hidden}, map[string]s3.Secret{"key": hidden}}

	var printed strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%10.3s", "%T"} {
		for _, value := range []any{cfg, &cfg, wrapped, cfg.SecretAccessKey, &cfg.SecretAccessKey} {
			_, err := fmt.Fprintf(&printed, verb+"\n", value)
			require.NoError(t, err)
		}
	}
	for _, value := range []any{cfg, wrapped, cfg.SecretAccessKey} {
		data, err := json.Marshal(value)
		require.NoError(t, err)
		printed.Write(data)
	}
	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(handler).Info("message", "config", cfg, "pointer", &cfg, "secret", cfg.SecretAccessKey, "wrapped", wrapped)
	}
	all := printed.String() + log.String() + cfg.SecretAccessKey.String() + cfg.SecretAccessKey.GoString()
	require.NotContains(t, all, hidden)
	require.NotContains(t, all, hidden[:3], "not even the beginning")
	require.NotContains(t, strings.ToLower(all), fmt.Sprintf("%x", hidden))
	require.Contains(t, all, "[redacted]")
	require.Equal(t, hidden, string(cfg.SecretAccessKey), "who means to, may")
	require.Empty(t, s3.Secret("").String(), "an empty one shows that it is")
}

// median returns the middle one, and sorts them on the way.
func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}
