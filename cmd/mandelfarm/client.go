package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"mandelfarm/api/client"
	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// caller is what a command has that asks a farm over HTTP.
type caller struct {
	farm   *client.Client
	json   bool // print the API's documents instead of text
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

// clientGroup are the commands that ask a farm, in help and documentation.
const clientGroup = "client"

// exitCodes says what the table in main.go does.
const exitCodes = `
Exit codes: 0 for success, 1 for a failure, 2 for wrong usage or a Spec that the
farm refuses, 3 if the job failed, 4 if it was canceled, 5 if there is no such
job, 6 if the farm cannot be reached.`

// clientCommand completes a command that asks a farm.
func clientCommand(env environment, cmd *cobra.Command, run func(ctx context.Context, c *caller, args []string) error) *cobra.Command {
	s := defaultSettings()
	var asJSON bool
	cmd.GroupID = clientGroup
	if cmd.Long == "" {
		cmd.Long = cmd.Short + "."
	}
	cmd.Long += "\n" + exitCodes
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := s.load(cmd.Flags(), env); err != nil {
			return err
		}
		farm, err := client.New(s.farmURL, &http.Client{})
		if err != nil {
			return err
		}
		return run(cmd.Context(), &caller{
			farm: farm, json: asJSON, stdin: cmd.InOrStdin(), stdout: cmd.OutOrStdout(), stderr: cmd.ErrOrStderr(),
		}, args)
	}
	s.addFarm(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print what the API answers, one document per line")
	arguments(cmd.Flags(), "json")
	return cmd
}

// jobCommand completes a command that is about one job.
func jobCommand(env environment, cmd *cobra.Command, run func(ctx context.Context, c *caller, id spec.ID) error) *cobra.Command {
	cmd.Args = usage(cobra.ExactArgs(1))
	return clientCommand(env, cmd, func(ctx context.Context, c *caller, args []string) error {
		id, err := spec.ParseID(args[0])
		if err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
		return run(ctx, c, id)
	})
}

func statusCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{Use: "status ID", Short: "Tell how a job stands"}
	return jobCommand(env, cmd, func(ctx context.Context, c *caller, id spec.ID) error {
		st, err := c.farm.Job(ctx, id)
		if err != nil {
			return err
		}
		return c.print(st, details)
	})
}

func cancelCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{Use: "cancel ID", Short: "Cancel a job"}
	return jobCommand(env, cmd, func(ctx context.Context, c *caller, id spec.ID) error {
		st, err := c.farm.Cancel(ctx, id)
		if err != nil {
			return err
		}
		return c.print(st, line)
	})
}

func retryCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{Use: "retry ID", Short: "Queue a job again that failed or was canceled"}
	return jobCommand(env, cmd, func(ctx context.Context, c *caller, id spec.ID) error {
		st, err := c.farm.Retry(ctx, id)
		if err != nil {
			return err
		}
		return c.print(st, line)
	})
}

func jobsCommand(env environment) *cobra.Command {
	var state string
	var limit int
	cmd := &cobra.Command{Use: "jobs", Short: "List jobs, newest first", Args: usage(cobra.NoArgs)}
	clientCommand(env, cmd, func(ctx context.Context, c *caller, _ []string) error {
		if _, ok := job.ParseState(state); !ok && state != "" {
			return fmt.Errorf("%w: --state: want one of %q", errUsage, job.States())
		}
		if limit < 0 {
			return fmt.Errorf("%w: --limit: want 0 or more", errUsage)
		}
		return c.list(ctx, job.State(state), limit)
	})
	cmd.Flags().StringVar(&state, "state", "", "`state` of the jobs that are listed: queued, running, done, failed or canceled; by default any")
	cmd.Flags().IntVar(&limit, "limit", 20, "`number` of jobs that are listed at most; 0 lists all")
	arguments(cmd.Flags(), "state", "limit")
	return cmd
}

// largestPage is the most jobs that the API lists at once.
const largestPage = 200

// list prints the newest jobs in a state, as they come in.
func (c *caller) list(ctx context.Context, state job.State, limit int) error {
	page := largestPage
	if limit > 0 {
		page = min(limit, page)
	}
	listed := 0
	for st, err := range c.farm.Jobs(ctx, state, page) {
		if err != nil {
			return err
		}
		if err := c.print(st, line); err != nil {
			return err
		}
		if listed++; listed == limit {
			break
		}
	}
	return nil
}

// print prints a job as JSON, or as text.
func (c *caller) print(st job.Status, text func(job.Status) string) error {
	if !c.json {
		_, err := fmt.Fprintln(c.stdout, text(st))
		return err
	}
	data, err := json.Marshal(st)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.stdout, "%s\n", data)
	return err
}

// isTerminal reports whether a person is reading what is written to w.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
