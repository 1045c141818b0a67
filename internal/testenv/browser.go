package testenv

import (
	"context"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browserLimit is how long all that a test does in its browser may take.
const browserLimit = 5 * time.Minute

// Browser starts a headless Chromium and returns the context that package
// chromedp drives it by. The browser ends with the test. Without one installed
// the test is skipped, or fails in CI, as it does without a redis-server. More
// options are for its command line.
func Browser(tb testing.TB, more ...chromedp.ExecAllocatorOption) context.Context {
	tb.Helper()
	notInShort(tb)
	path, err := exec.LookPath("chromium")
	if err != nil {
		missing(tb, "chromium is not installed: apt-get install chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // tests run as root in containers, where there is no other way
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.UserDataDir(tb.TempDir()),
	)
	options = append(options, more...)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), browserLimit)
	tb.Cleanup(cancel)
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	tb.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(ctx)
	tb.Cleanup(closeTab)
	return ctx
}

// notInShort skips tests that need a program of their own under -short.
func notInShort(tb testing.TB) {
	tb.Helper()
	if testing.Short() {
		tb.Skip("starts a server; not under -short")
	}
}
