// Command mandelfarm is the whole farm in one binary.
//
//	mandelfarm                   API, worker, queue and storage in one process
//	mandelfarm api               answers HTTP, on a Redis and an S3 bucket
//	mandelfarm worker            draws, on the same
//	mandelfarm render SPEC.json  draws one picture without a farm
//	mandelfarm verify FILE.png   draws a picture again and compares
//	mandelfarm healthcheck       asks a running api or worker whether it is ready
//
// Every setting is a flag and an environment variable; the flag wins. This
// package is the only one that reads the environment, and all it does is read
// settings, build the parts, connect them, run and close.
//
// Exit codes: 0 for success, 1 for a failure, 2 for wrong usage or settings; verify ends with 1 if the pixels differ,
// and with 2 if it cannot tell.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
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
	if errors.Is(err, errUsage) || errors.Is(err, errUnverified) {
		return exitUsage
	}
	return exitFailure
}

const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// errUsage marks errors of whoever called the command.
var errUsage = errors.New("wrong usage")
