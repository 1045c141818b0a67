package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"mandelfarm/renderer"
)

// errUnverified marks errors that leave open whether a file is what it says.
var errUnverified = errors.New("not verified")

func verifyCommand(env environment) *cobra.Command {
	s := defaultSettings()
	var rows int
	cmd := &cobra.Command{
		Use:   "verify FILE.png",
		Short: "Draw a picture again from what its file says, and compare",
		Long: `Draw a picture again from what its file says, and compare the pixels. The file
may have been compressed anew by others, as long as they kept its texts; - reads
it from standard input.

Exit code 0: the pixels are the same. 1: they are not, and the first that
differs is named. 2: the file is damaged, or not ours, or drawn by another
version of the renderer, and nothing is known; so it is with raw data.`,
		Example: `  mandelfarm verify poster.png --rows 1000`,
		Args:    usage(cobra.ExactArgs(1)),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := s.load(cmd.Flags(), env); err != nil {
			return err
		}
		if rows < 0 {
			return fmt.Errorf("%w: --rows: want 0 or more", errUsage)
		}
		return verify(cmd.Context(), s, args[0], rows, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	cmd.Flags().IntVarP(&rows, "rows", "n", 0, "draw at least this `number` of rows again, evenly spread; 0 means all")
	arguments(cmd.Flags(), "rows")
	s.addThreads(cmd.Flags())
	return cmd
}

// verify draws the picture in a file again. Errors are a *DifferenceError or
// wrap errUnverified.
func verify(ctx context.Context, s *settings, input string, rows int, stdin io.Reader, stdout, stderr io.Writer) error {
	source := stdin
	if input != standard {
		file, err := os.Open(input) //nolint:gosec // whoever calls the command may read it
		if err != nil {
			return fmt.Errorf("%w: %w", errUnverified, err)
		}
		defer file.Close()
		source = file
	}
	picture, err := renderer.OpenPicture(source)
	if err == nil {
		err = renderer.Limits{}.Check(picture.Spec)
	}
	if err != nil {
		return fmt.Errorf("%w: %s: %w", errUnverified, input, err)
	}
	options := renderer.Options{Threads: s.worker.threads, Progress: progress(picture.Spec, stderr)}
	verified, err := picture.Verify(ctx, rows, options)
	var difference *renderer.DifferenceError
	switch {
	case errors.As(err, &difference):
		return fmt.Errorf("%s: %w", input, err)
	case err != nil:
		return fmt.Errorf("%w: %s: %w", errUnverified, input, err)
	}
	_, err = fmt.Fprintf(stdout, "%s: the same, %d of %d rows drawn again\n", input, verified, picture.Spec.Height)
	return err
}
