//go:build !linux || !amd64

package chaos

import "time"

// clockFaults are none where the code of clocks is another processor's.
func clockFaults(time.Duration) []fault { return nil }
