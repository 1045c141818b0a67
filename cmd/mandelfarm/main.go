// Command mandelfarm is the whole farm in one binary.
//
//	mandelfarm                   API, worker, queue and storage in one process
//	mandelfarm api               answers HTTP, on a Redis and an S3 bucket
//	mandelfarm worker            draws, on the same
//	mandelfarm render SPEC.json  draws one picture without a farm
//	mandelfarm verify FILE.png   draws a picture again and compares
//	mandelfarm find SPEC.json    finds the minibrot that a view is about
//	mandelfarm import FILE       makes a Spec of another program's parameter file
//	mandelfarm export SPEC.json  makes another program's parameter file of a Spec
//	mandelfarm healthcheck       asks a running api or worker whether it is ready
//	mandelfarm doctor            examines servers, permissions and this machine
//	mandelfarm keys              creates, lists and revokes keys
//	mandelfarm version           prints the versions of program and renderer
//
//	mandelfarm submit SPEC.json  has a farm draw a picture, over HTTP
//	mandelfarm jobs              lists a farm's jobs
//	mandelfarm status JOB        tells how a job stands
//	mandelfarm watch JOB         shows its progress
//	mandelfarm preview JOB -o F  fetches the picture so far
//	mandelfarm fetch JOB -o F    fetches its picture
//	mandelfarm pause JOB         holds it; resume lets it go on
//	mandelfarm priority JOB P    changes how much of its client's share it gets
//	mandelfarm cancel JOB        cancels it
//	mandelfarm retry JOB         queues it again
//	mandelfarm history JOB       tells who has worked on it
//	mandelfarm link JOB          prints a link to its picture
//	mandelfarm purge JOB         removes it and its picture
//	mandelfarm workers           lists the processes that draw
//	mandelfarm queues            tells what waits, and what is stuck
//	mandelfarm drain WORKER      has a worker take nothing more
//
// Every setting is a flag and an environment variable; the flag wins. This
// package is the only one that reads the environment, and all it does is read
// settings, build the parts, connect them, run and close.
//
// Exit codes: 0 for success, 1 for a failure, 2 for wrong usage or settings, and
// for a Spec that the farm refuses. Commands that ask a farm also have 3 if the
// job failed, 4 if it was canceled, 5 if there is no such job, 6 if the farm
// cannot be reached. verify ends with 1 if the pixels differ, and with 2 if it
// cannot tell. find ends with 7 if there is nothing to find.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"mandelfarm/api/client"
	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

func main() { os.Exit(run(os.Args[1:])) }

// run is main with an exit code.
func run(args []string) int {
	ctx, restore := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer restore()
	context.AfterFunc(ctx, restore) // a second signal ends the process at once

	root := rootCommand(os.LookupEnv)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(os.Stderr, "mandelfarm:", err)
	return exitCode(err)
}

const (
	exitOK = iota
	exitFailure
	exitUsage
	exitJobFailed
	exitJobCanceled
	exitUnknownJob
	exitUnreachable
	exitNothing
)

// exitCode is the exit code of a command that ended with err.
func exitCode(err error) int {
	if refusal, ok := errors.AsType[*client.Error](err); ok && refusal.Status == http.StatusBadRequest {
		return exitUsage
	}
	for _, row := range []struct {
		err  error
		code int
	}{
		{errUsage, exitUsage},
		{errUnverified, exitUsage},
		{errJobFailed, exitJobFailed},
		{errJobCanceled, exitJobCanceled},
		{job.ErrUnknown, exitUnknownJob},
		{client.ErrUnreachable, exitUnreachable},
		{spec.ErrNoMinibrot, exitNothing},
	} {
		if errors.Is(err, row.err) {
			return row.code
		}
	}
	return exitFailure
}

// errUsage marks errors of whoever called the command.
var errUsage = errors.New("wrong usage")
