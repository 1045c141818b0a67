package main

import (
	"cmp"
	"runtime/debug"
)

// version is that of the program as the Go toolchain has noted it: a tag, or the
// time and the hash of a commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return cmp.Or(info.Main.Version, "unknown")
}
