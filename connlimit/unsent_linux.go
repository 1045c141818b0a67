package connlimit

import (
	"net"

	"golang.org/x/sys/unix"
)

// unsent is how much may wait in the system to be sent. Without a bound the
// system takes megabytes, a third of which must have gone before it takes more:
// a client that is slow and steady would look like one that takes nothing. What
// is sent and not yet acknowledged, on which throughput depends, is not bounded.
const unsent = 128 << 10

// limitUnsent is an improvement: a connection without it works.
func limitUnsent(c net.Conn) {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsent)
	})
}
