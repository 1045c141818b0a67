//go:build unix

package main

import "syscall"

// openFiles is how many files, connections included, the process may have open.
func openFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return leastOpenFiles
	}
	return int(min(uint64(limit.Cur), 1<<30)) //nolint:unconvert // bounded; signed on some systems
}

// leastOpenFiles is what every system allows.
const leastOpenFiles = 256
