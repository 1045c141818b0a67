package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"mandelfarm/foreign"
)

func importCommand() *cobra.Command {
	var size foreign.Size
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Make a Spec of another program's parameter file",
		Long: `Make a Spec of a parameter file of Kalles Fraktaler (.kfr, .kfp), fraktaler-3
(.f3.toml), rust-fractal (.toml), DeepDrill (.ini) or Imagina (.imt), and print
it; - reads the file from standard input. What of the file is not honoured is
named on standard error, a line for each: the key, its value and the reason.

Exit code 0: the Spec is printed, whatever it leaves out. 2: there is no such
file, or it is no place that can be drawn here.`,
		Example: `  mandelfarm import place.kfr | mandelfarm submit -
  mandelfarm import --width 3840 --height 2160 place.f3.toml | mandelfarm render - -o place.png`,
		Args: usage(cobra.ExactArgs(1)),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return importFile(args[0], size, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	cmd.Flags().IntVar(&size.Width, "width", 0, "`pixels` of the picture from left to right; 0 leaves them to the file")
	cmd.Flags().IntVar(&size.Height, "height", 0, "`pixels` of the picture from top to bottom; 0 leaves them to the file")
	arguments(cmd.Flags(), "width", "height")
	return cmd
}

// importFile prints the Spec that a foreign file asks for, and what it leaves out.
func importFile(input string, size foreign.Size, stdin io.Reader, stdout, stderr io.Writer) error {
	source := stdin
	if input != standard {
		file, err := os.Open(input) //nolint:gosec // the file that the caller names
		if err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
		defer file.Close()
		source = file
	}
	data, err := io.ReadAll(io.LimitReader(source, foreign.MaxSize+1))
	if err != nil {
		return fmt.Errorf("read %s: %w", input, err)
	}
	var picture foreign.Picture
	format, err := foreign.Detect(input, data)
	if err == nil {
		picture, err = foreign.Read(format, data, size)
	}
	if err != nil {
		return fmt.Errorf("%w: %s: %w", errUsage, input, err)
	}
	for _, loss := range picture.Losses {
		if _, err := fmt.Fprintln(stderr, loss); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(stdout, "%s\n", picture.Spec.Canonical())
	return err
}
