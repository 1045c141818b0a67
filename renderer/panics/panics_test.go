package panics_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/panics"
)

// fail panics with cause, unless it is nil, and returns an error of its own.
func fail(cause any) (err error) {
	defer panics.Recover(&err)
	if cause != nil {
		panic(cause)
	}
	return errors.New("no panic")
}

// TestRecoverKeepsTheStack, and shows no more than the cause.
func TestRecoverKeepsTheStack(t *testing.T) {
	t.Parallel()
	err := fail("boom")
	require.EqualError(t, err, "panic: boom")
	bug, ok := errors.AsType[*panics.Error](fmt.Errorf("draw: %w", err))
	require.True(t, ok)
	require.Equal(t, "boom", bug.Cause)
	require.Contains(t, string(bug.Stack), "panics_test.fail")
	require.EqualError(t, fail(nil), "no panic")
}

// TestAPanicIsNothingElse, though it was one with an error that would be classified.
func TestAPanicIsNothingElse(t *testing.T) {
	t.Parallel()
	errCause := errors.New("cause")
	require.NotErrorIs(t, fail(errCause), errCause)
}

// TestAPanicIsReportedOnce however many have its error.
func TestAPanicIsReportedOnce(t *testing.T) {
	t.Parallel()
	bug, ok := errors.AsType[*panics.Error](fail("boom"))
	require.True(t, ok)
	reports := 0
	for range 3 {
		bug.Report(func() { reports++ })
	}
	require.Equal(t, 1, reports)
}
