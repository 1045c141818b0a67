package renderer_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/spec"
)

func parse(tb testing.TB, text string) spec.Spec {
	tb.Helper()
	s, err := spec.Parse([]byte(text))
	require.NoError(tb, err)
	return s
}

// normal is the Spec of a Draft that is good.
func normal(tb require.TestingT, d spec.Draft) spec.Spec {
	s, err := spec.Normalize(d)
	require.NoError(tb, err)
	return s
}

// changed is a Spec with some fields changed.
func changed(tb require.TestingT, s spec.Spec, change func(*spec.Draft)) spec.Spec {
	d := s.Draft()
	change(&d)
	return normal(tb, d)
}

// as is the view in a file of another format.
func as(tb require.TestingT, s spec.Spec, f spec.FileFormat) spec.Spec {
	s, err := s.As(f)
	require.NoError(tb, err)
	return s
}

func decimal(tb testing.TB, text string) spec.Decimal {
	tb.Helper()
	d, err := spec.ParseDecimal(text)
	require.NoError(tb, err)
	return d
}
