package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
)

var update = flag.Bool("update", false, "write docs/configuration.md")

func noEnvironment(string) (string, bool) { return "", false }

// commands are the commands that have settings, by name.
func commands() []*cobra.Command {
	root := rootCommand(noEnvironment)
	return append([]*cobra.Command{root}, root.Commands()...)
}

// TestConfigurationIsDocumented holds docs/configuration.md to the flags. Write
// it anew with go test ./cmd/mandelfarm -run TestConfigurationIsDocumented -update.
func TestConfigurationIsDocumented(t *testing.T) {
	t.Parallel()
	path := filepath.Join(testenv.RepoRoot(t), "docs", "configuration.md")
	if *update {
		require.NoError(t, os.WriteFile(path, configurationPage(), 0o600))
	}
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(configurationPage()), string(got), "docs/configuration.md is not what --help says")
}

// machineDependent are settings whose default depends on the machine; what it
// depends on is in their usage.
var machineDependent = map[string]bool{"interactive-tasks": true, "max-connections": true, "render-threads": true}

func configurationPage() []byte {
	var page bytes.Buffer
	page.WriteString(`# Configuration

Every setting is a flag of the command and an environment variable; the flag wins. Durations are written like ` + "`250ms`, `30s` or `5m`" + `.
A wrong value ends the command at once with exit code 2 and a message that names the setting. Passwords and keys are never printed.

This page is made from the flags by a test; ` + "`mandelfarm COMMAND --help`" + ` says the same.
`)
	for _, cmd := range commands() {
		if cmd.Name() == "help" || cmd.Name() == "completion" || cmd.GroupID == clientGroup || !hasSettings(cmd) {
			continue
		}
		writeSettings(&page, "`"+cmd.CommandPath()+"`", cmd.Short, cmd)
	}
	// They have the same settings.
	var names []string
	var last *cobra.Command
	for _, cmd := range commands() {
		if cmd.GroupID == clientGroup {
			names = append(names, "`"+cmd.Name()+"`")
			last = cmd
		}
	}
	writeSettings(&page, strings.Join(names, ", "), "Ask a farm over HTTP, see [cli.md](cli.md)", last)
	return page.Bytes()
}

func hasSettings(cmd *cobra.Command) (has bool) {
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) { has = has || configurable(f) })
	return has
}

// writeSettings writes the section of a command.
func writeSettings(page *bytes.Buffer, title, purpose string, cmd *cobra.Command) {
	fmt.Fprintf(page, "\n## %s\n\n%s.\n\n| flag | variable | default | |\n|---|---|---|---|\n", title, purpose)
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if !configurable(f) {
			return
		}
		standard := ""
		if f.DefValue != "" && !machineDependent[f.Name] {
			standard = "`" + f.DefValue + "`"
		}
		name, usage := pflag.UnquoteUsage(f)
		usage, _, _ = strings.Cut(usage, " [")
		fmt.Fprintf(page, "| `--%s` %s | `%s` | %s | %s |\n", f.Name, name, variable(f.Name), standard, usage)
	})
}

// anID is that of no job.
const anID = "0123456789012345678901234567890123456789"

func TestEverySettingIsCheckedByName(t *testing.T) {
	t.Parallel()
	// A value that is wrong for every setting that has a wrong value.
	wrong := map[string]string{
		"listen": "nowhere", "data": "", "farm-url": "nowhere", "log-level": "loud", "log-format": "xml", "access-log": "some", "cache-bytes": "-1", "grace": "0s",
		"allowed-hosts": "host:80", "trusted-origins": "host", "otel-exporter-otlp-endpoint": "nowhere", "otel-exporter-otlp-headers": "nowhere",
		"redis-url": "http://x", "s3-endpoint": "ftp://x", "s3-bucket": "NO", "s3-region": "", "aws-access-key-id": "", "aws-secret-access-key": "",
		"s3-prefix": "/", "webhook-allow": "a b",
	}
	for _, cmd := range commands() {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !configurable(f) {
				return
			}
			value, special := wrong[f.Name]
			if !special {
				value = "-1"
				if f.Value.Type() == "duration" {
					value = "-1s"
				}
			}
			root := rootCommand(func(name string) (string, bool) {
				if name == "S3_ENDPOINT" && name != variable(f.Name) && cmd.Name() == "scrub" && f.Name != "data" {
					return "http://localhost:1", true // else the rest of a server is nothing to it
				}
				if name == "REDIS_URL" && !strings.HasPrefix(f.Name, "redis-url") {
					return "redis://:password@host", true // else nothing beside it is looked at
				}
				return value, name == variable(f.Name)
			})
			args := strings.Fields(cmd.CommandPath())[1:]
			switch {
			case cmd.Name() == "render":
				args = append(args, "-", "-o", "-")
			case cmd.Name() == "verify", cmd.Name() == "find":
				args = append(args, "-")
			case cmd.Name() == "fetch", cmd.Name() == "preview":
				args = append(args, anID, "-o", "-")
			case cmd.Name() == "priority":
				args = append(args, anID, "high")
			case strings.HasSuffix(cmd.Use, " JOB"), strings.HasSuffix(cmd.Use, " WORKER"), strings.HasSuffix(cmd.Use, " DELIVERY"):
				args = append(args, anID)
			}
			root.SetArgs(args)
			err := root.ExecuteContext(t.Context())
			require.ErrorIs(t, err, errUsage, "%s with %s=%q", cmd.Name(), variable(f.Name), value)
			assert.ErrorContains(t, err, variable(f.Name), "%s with %s=%q", cmd.Name(), variable(f.Name), value)
		})
	}
}

func TestWrongUsage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		env  map[string]string
		want string
	}{
		{args: []string{"--cache-bytes", "many"}, want: "cache-bytes"},
		{env: map[string]string{"CACHE_BYTES": "many"}, want: "CACHE_BYTES"},
		{env: map[string]string{"WAIT_LIMIT": "30"}, want: "WAIT_LIMIT"},
		{args: []string{"--no-such-flag"}, want: "no-such-flag"},
		{args: []string{"fly"}, want: "fly"},
		{args: []string{"api"}, want: "REDIS_URL"},
		{args: []string{"api"}, env: map[string]string{"REDIS_URL": "redis://a:1,b:2"}, want: "--redis-url (REDIS_URL): several servers are"},
		{args: []string{"render"}, want: "arg"},
		{args: []string{"render", "-"}, want: "output"},
		{args: []string{"render", "nothing.json", "-o", "x.png"}, want: "nothing.json"},
	} {
		out, err := command(t, c.env, c.args...).CombinedOutput()
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit, "%v", c.args)
		assert.Equal(t, exitUsage, exit.ExitCode(), "%v: %s", c.args, out)
		assert.Contains(t, string(out), c.want)
	}
}

func TestFlagsWinOverTheEnvironment(t *testing.T) {
	t.Parallel()
	s := defaultSettings()
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	s.addListen(fs, "standard:1", "")
	s.addLog(fs)
	require.NoError(t, fs.Parse([]string{"--log-level", "warn"}))
	values := map[string]string{"LOG_LEVEL": "debug", "LOG_FORMAT": "json"}
	require.NoError(t, fromEnvironment(fs, func(name string) (string, bool) { v, ok := values[name]; return v, ok }))
	assert.Equal(t, "warn", s.log.level)
	assert.Equal(t, "json", s.log.format)
	assert.Equal(t, "standard:1", s.listen)
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	t.Parallel()
	const secret = "hunter2hunter2"
	settings := map[string]string{
		"REDIS_URL":         "redis://user:" + secret + "@127.0.0.1:1/0",
		"S3_ENDPOINT":       "http://127.0.0.1:1",
		"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": secret,
		"START_TIMEOUT": "300ms", "LOG_LEVEL": "debug",
	}
	broken := map[string]string{"REDIS_URL": "redis://user:" + secret + "@[::1", "S3_ENDPOINT": "http://x:" + secret + "@y", "AWS_SECRET_ACCESS_KEY": secret}
	for _, env := range []map[string]string{settings, broken} {
		for _, args := range [][]string{{"api"}, {"worker"}, {"api", "--help"}} {
			out, _ := command(t, env, args...).CombinedOutput()
			assert.NotEmpty(t, out)
			assert.NotContains(t, string(out), secret, "%v", args)
		}
	}
}

// TestSecretsAreReadFromFiles, without the end of their line, unless they are given as well.
func TestSecretsAreReadFromFiles(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(file, []byte("hunter2\n"), 0o600))
	load := func(values map[string]string) (*settings, error) {
		s := defaultSettings()
		fs := pflag.NewFlagSet("", pflag.ContinueOnError)
		s.addRedis(fs, redisURL)
		values["REDIS_URL"] = "redis://host"
		return s, s.load(fs, func(name string) (string, bool) { v, ok := values[name]; return v, ok })
	}
	s, err := load(map[string]string{"REDIS_PASSWORD_FILE": file})
	require.NoError(t, err)
	assert.Equal(t, "hunter2", s.queue().Access.Password)
	_, err = load(map[string]string{"REDIS_PASSWORD_FILE": file, "REDIS_PASSWORD": "hunter2"})
	require.ErrorContains(t, err, "REDIS_PASSWORD_FILE, not both")
	assert.NotContains(t, err.Error(), "hunter2")
	_, err = load(map[string]string{"REDIS_PASSWORD_FILE": file + "s"})
	require.ErrorContains(t, err, "REDIS_PASSWORD_FILE): want a file that can be read")
}
