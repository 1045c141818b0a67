package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// errNotDone: the job has no picture yet.
var errNotDone = errors.New("the picture is not ready; mandelfarm watch tells when")

func fetchCommand(env environment) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "fetch JOB -o FILE",
		Short: "Fetch a job's picture into a file",
		Long: `Fetch a job's picture into a file, or into a folder under the name that the farm
gives it. What an earlier fetch of the same job into the
same file has left behind, in FILE.ID.part, is not fetched again.`,
	}
	jobCommand(env, cmd, func(ctx context.Context, c *caller, id spec.ID) error {
		st, err := c.farm.Job(ctx, id)
		if err == nil {
			err = ending(st)
		}
		if err == nil && st.State != job.Done {
			err = fmt.Errorf("%w: it is %s", errNotDone, st.State)
		}
		if err != nil {
			return err
		}
		return c.fetch(ctx, st, output)
	})
	addOutput(cmd, &output)
	_ = cmd.MarkFlagRequired("output") // it exists
	return cmd
}

func addOutput(cmd *cobra.Command, output *string) {
	cmd.Flags().StringVarP(output, "output", "o", "", "`file` to write; - is standard output")
	arguments(cmd.Flags(), "output")
}

// fetch fetches the picture of a job that is done.
func (c *caller) fetch(ctx context.Context, st job.Status, output string) error {
	if output == standard {
		_, err := c.farm.Copy(ctx, st.ID, c.stdout)
		return err
	}
	output, err := c.inFolder(ctx, st.ID, output)
	if err != nil {
		return err
	}
	err = c.farm.Fetch(ctx, st.ID, output, c.fetchBar(output))
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		err = fmt.Errorf("--output: %w", err)
	}
	return err
}

// inFolder is the file for a job's picture if output is a folder, and otherwise
// output.
func (c *caller) inFolder(ctx context.Context, id spec.ID, output string) (string, error) {
	info, err := os.Stat(output)
	if err != nil || !info.IsDir() {
		return output, nil //nolint:nilerr // what is wrong with a file, who opens it says
	}
	name, err := c.farm.ImageName(ctx, id)
	return filepath.Join(output, name), err
}

// fetchBar returns a callback that moves a bar, or nil where nobody would see it.
func (c *caller) fetchBar(output string) func(done, total int64) {
	if !isTerminal(c.stderr) {
		return nil
	}
	var bar *progressbar.ProgressBar
	return func(done, total int64) {
		if bar == nil {
			bar = progressbar.NewOptions64(total,
				progressbar.OptionSetWriter(c.stderr),
				progressbar.OptionSetDescription(output),
				progressbar.OptionShowBytes(true),
				progressbar.OptionShowTotalBytes(true),
				progressbar.OptionFullWidth(),
				progressbar.OptionOnCompletion(func() { fmt.Fprintln(c.stderr) }),
			)
		}
		_ = bar.Set64(done) // a bar that cannot be drawn stops nothing
	}
}
