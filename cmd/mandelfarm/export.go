package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"mandelfarm/foreign"
)

func exportCommand() *cobra.Command {
	var format, output string
	cmd := &cobra.Command{
		Use:   "export SPEC.json --format kfr|f3|im",
		Short: "Write a Spec as another program's parameter file",
		Long: `Write a Spec as a parameter file of Kalles Fraktaler (kfr), fraktaler-3 (f3) or
Imagina (im). SPEC.json says which, in the form that POST /jobs takes, or is a
PNG that the farm has made; - reads it from standard input. import makes the same
Spec of the file, but for what such a file cannot say: that is named on standard
error, a line for each field.

Exit code 0: the file is written, whatever it leaves out. 2: wrong usage, or a
view or a formula that the program does not have.`,
		Example: `  mandelfarm export view.json --format kfr -o view.kfr`,
		Args:    usage(cobra.ExactArgs(1)),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return exportSpec(args[0], format, output, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	cmd.Flags().StringVar(&format, "format", "", "`format` of the file: kfr, f3 or im")
	addOutput(cmd, &output)
	arguments(cmd.Flags(), "format")
	return cmd
}

// exportSpec writes the Spec in a file as another program's, to standard output unless it is told where.
func exportSpec(input, format, output string, stdin io.Reader, stdout, stderr io.Writer) error {
	formats := map[string]foreign.Format{"kfr": foreign.Kalles, "f3": foreign.Fraktaler, "im": foreign.Imagina}
	wanted, known := formats[format]
	if !known || !slices.Contains(foreign.Exports(), wanted) {
		return fmt.Errorf("%w: --format: want kfr, f3 or im", errUsage)
	}
	s, err := readSpec(input, stdin)
	if err != nil {
		return err
	}
	file, err := foreign.Export(wanted, s)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", errUsage, input, err)
	}
	if err := printLosses(stderr, file.Losses); err != nil {
		return err
	}
	write := func(w io.Writer) error {
		_, err := w.Write(file.Data)
		return err
	}
	if output == "" || output == standard {
		return write(stdout)
	}
	return replaceFile("output", output, write)
}
