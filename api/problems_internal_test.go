package api

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
)

// answered are the texts of all problems that tests were answered with.
var answered struct {
	mu    sync.Mutex
	texts strings.Builder
}

// Answered notes an answer that a test has got.
func Answered(body []byte) {
	var p problem
	if json.Unmarshal(body, &p) == nil && p.Detail != "" {
		answered.mu.Lock()
		defer answered.mu.Unlock()
		answered.texts.WriteString(p.Detail + "\n")
	}
}

// TestMain fails if the tests, all of which have run, were not answered with each of the errors that the table of outcomes tells apart: a cause that is documented
// and comes about nowhere.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && !testing.Short() && allRan() {
		for _, missing := range neverAnswered() {
			code = 1
			_, _ = fmt.Fprintf(os.Stderr, "no test was answered with %q\n", missing)
		}
	}
	os.Exit(code)
}

func allRan() bool {
	for _, some := range []string{"test.run", "test.skip", "test.list"} {
		if flag.Lookup(some).Value.String() != "" {
			return false
		}
	}
	return true
}

// neverAnswered are the texts of errors that clients are told and no test was. What is not for the eyes of clients has no text.
func neverAnswered() (texts []string) {
	all := answered.texts.String()
	for _, row := range statuses {
		_, public := classify(row.err)
		internal := errors.Is(row.err, context.Canceled) || errors.Is(row.err, context.DeadlineExceeded)
		if text := row.err.Error(); public && !internal && !strings.Contains(all, text) {
			texts = append(texts, text)
		}
	}
	return texts
}
