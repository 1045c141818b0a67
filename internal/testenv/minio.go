package testenv

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"mandelfarm/storage/s3"
)

// MinIOKey is the key that MinIO encrypts with.
const MinIOKey = "farm"

// MinIO starts a MinIO that belongs to the test, and returns the Config of a bucket that
// is not yet created. It takes minutes to build: the variable MINIO names its program, as
// make test-minio has it, and without it the test is skipped.
func MinIO(tb testing.TB) s3.Config {
	tb.Helper()
	notInShort(tb)
	program := os.Getenv("MINIO") //nolint:forbidigo // tests have no flags
	if program == "" {
		tb.Skip("MINIO names no program: make test-minio builds one")
	}
	folder, token := tb.TempDir(), rand.Text()
	process, addr, err := startAnswering(func(addr string) *exec.Cmd {
		//nolint:gosec,noctx // the program is MinIO; Process ends it
		cmd := exec.Command(program, "server", "--quiet", "--address", addr, "--console-address", "127.0.0.1:0", folder)
		cmd.Env = environment("MINIO_ROOT_USER="+accessKeyID, "MINIO_ROOT_PASSWORD="+token, "MINIO_UPDATE=off", "MINIO_BROWSER=off",
			"MINIO_KMS_SECRET_KEY="+MinIOKey+":"+base64.StdEncoding.EncodeToString([]byte(rand.Text() + rand.Text())[:32]))
		return cmd
	}, minioAnswers)
	if err != nil {
		tb.Fatalf("start MinIO: %v", err)
	}
	tb.Cleanup(func() {
		process.Kill()
		process.logTo(tb)
	})
	return s3.Config{
		Endpoint: "http://" + addr, Bucket: "test-" + strings.ToLower(rand.Text()), Region: s3.DefaultRegion,
		AccessKeyID: accessKeyID, SecretAccessKey: s3.Secret(token),
	}
}

func minioAnswers(ctx context.Context, addr string, _ *Process) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/minio/health/ready", http.NoBody)
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
		return fmt.Errorf("%w: %s", errNotYet, resp.Status)
	}
	return nil
}
