//go:build !linux

package testenv

import "testing"

// InNamespace skips the test: namespaces are Linux's.
func InNamespace(t *testing.T, _ int) bool {
	t.Helper()
	t.Skip("namespaces are Linux's")
	return false
}

// Mount is not reached.
func Mount(*testing.T, string, string) string { return "" }

// MountReadOnly is not reached.
func MountReadOnly(*testing.T, string) {}
