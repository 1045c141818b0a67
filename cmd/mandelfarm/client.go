package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

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
		farm = farm.WithKey(string(s.farmKey))
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
		id, err := c.resolve(ctx, args[0])
		if err != nil {
			return err
		}
		return run(ctx, c, id)
	})
}

// lastJob stands for the job that was accepted last.
const lastJob = "last"

// resolve finds the job that is meant by an ID, the beginning of one, or last.
func (c *caller) resolve(ctx context.Context, text string) (spec.ID, error) {
	if id, err := spec.ParseID(text); err == nil {
		return id, nil
	}
	if text == lastJob {
		for st, err := range c.farm.Jobs(ctx, client.Selection{}, 1) {
			return st.ID, err
		}
		return "", fmt.Errorf("%s: %w", lastJob, job.ErrUnknown)
	}
	if text == "" || len(text) > maxID || strings.Trim(text, "0123456789abcdef") != "" {
		return "", fmt.Errorf("%w: %q is no job: want an ID, the beginning of one, or last", errUsage, text)
	}
	id, err := c.farm.FindJob(ctx, text)
	if errors.Is(err, client.ErrAmbiguous) {
		err = fmt.Errorf("%w: %w", errUsage, err)
	}
	return id, err
}

// maxID is the length of an ID.
const maxID = 40

func statusCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{Use: "status JOB", Short: "Tell how a job stands"}
	return jobCommand(env, cmd, func(ctx context.Context, c *caller, id spec.ID) error {
		st, err := c.farm.Job(ctx, id)
		if err != nil {
			return err
		}
		return c.print(st, details)
	})
}

func cancelCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{Use: "cancel JOB", Short: "Cancel a job"}
	return jobCommand(env, cmd, func(ctx context.Context, c *caller, id spec.ID) error {
		st, err := c.farm.Cancel(ctx, id)
		if err != nil {
			return err
		}
		return c.print(st, line)
	})
}

func retryCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{Use: "retry JOB", Short: "Queue a job again that failed or was canceled"}
	return jobCommand(env, cmd, func(ctx context.Context, c *caller, id spec.ID) error {
		st, err := c.farm.Retry(ctx, id)
		if err != nil {
			return err
		}
		return c.print(st, line)
	})
}

func jobsCommand(env environment) *cobra.Command {
	var state, tag string
	var limit int
	cmd := &cobra.Command{Use: "jobs", Short: "List jobs, newest first", Args: usage(cobra.NoArgs)}
	clientCommand(env, cmd, func(ctx context.Context, c *caller, _ []string) error {
		if _, ok := job.ParseState(state); !ok && state != "" {
			return fmt.Errorf("%w: --state: want %s", errUsage, job.OneOf(job.States()))
		}
		if limit < 0 {
			return fmt.Errorf("%w: --limit: want 0 or more", errUsage)
		}
		return c.list(ctx, client.Selection{State: job.State(state), Tag: tag}, limit)
	})
	cmd.Flags().StringVar(&state, "state", "", "`state` of the jobs that are listed: queued, running, done, failed or canceled; by default any")
	cmd.Flags().StringVar(&tag, "tag", "", "`tag` of the jobs that are listed; by default any")
	cmd.Flags().IntVar(&limit, "limit", 20, "`number` of jobs that are listed at most; 0 lists all")
	arguments(cmd.Flags(), "state", "tag", "limit")
	return cmd
}

// largestPage is the most jobs that the API lists at once.
const largestPage = 200

// list prints the newest of the selected jobs, as they come in.
func (c *caller) list(ctx context.Context, which client.Selection, limit int) error {
	page := largestPage
	if limit > 0 {
		page = min(limit, page)
	}
	listed := 0
	for st, err := range c.farm.Jobs(ctx, which, page) {
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
	return c.printJSON(st)
}

// printJSON prints a document in one line.
func (c *caller) printJSON(document any) error {
	data, err := json.Marshal(document)
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
