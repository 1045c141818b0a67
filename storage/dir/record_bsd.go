//go:build darwin || freebsd || netbsd

package dir

import "golang.org/x/sys/unix"

const errNoAttribute = unix.ENOATTR
