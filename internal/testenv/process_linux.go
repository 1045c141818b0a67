package testenv

import (
	"os/exec"
	"syscall"
)

// dieWithParent has the kernel kill the process when this one dies, however it
// does: a panic, a timeout or SIGKILL runs no cleanup.
func dieWithParent(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
}
