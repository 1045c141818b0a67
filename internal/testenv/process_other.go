//go:build !linux

package testenv

import "os/exec"

// dieWithParent has no counterpart here: a test binary that crashes may leave
// its servers behind.
func dieWithParent(*exec.Cmd) {}
