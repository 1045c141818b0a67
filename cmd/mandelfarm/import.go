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
	var palette string
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Make a Spec of another program's parameter file",
		Long: `Make a Spec of a parameter file of Kalles Fraktaler (.kfr), fraktaler-3
(.f3.toml), rust-fractal (.toml), DeepDrill (.ini) or Imagina (.imt), and print
it; - reads the file from standard input. --palette takes the colours from
another file: a .kfp or .kfr of Kalles Fraktaler's, a Fractint .map or an Ultra
Fractal .ugr. Without it those show the whole Mandelbrot set. What of the file is not honoured is
named on standard error, a line for each: the key, its value and the reason.

Exit code 0: the Spec is printed, whatever it leaves out. 2: there is no such
file, or it is no place that can be drawn here.`,
		Example: `  mandelfarm import place.kfr | mandelfarm submit -
  mandelfarm import place.kfr --palette colours.kfp | mandelfarm render - -o place.png
  mandelfarm import --width 3840 --height 2160 place.f3.toml | mandelfarm render - -o place.png`,
		Args: usage(cobra.ExactArgs(1)),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return importFile(args[0], palette, size, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	cmd.Flags().IntVar(&size.Width, "width", 0, "`pixels` of the picture from left to right; 0 leaves them to the file")
	cmd.Flags().IntVar(&size.Height, "height", 0, "`pixels` of the picture from top to bottom; 0 leaves them to the file")
	cmd.Flags().StringVar(&palette, "palette", "", "`file` whose colours are taken instead")
	arguments(cmd.Flags(), "width", "height", "palette")
	return cmd
}

// importFile prints the Spec that a foreign file asks for, perhaps in another's colours, and what it leaves out.
func importFile(input, palette string, size foreign.Size, stdin io.Reader, stdout, stderr io.Writer) error {
	file, err := readForeign(input, stdin)
	if err != nil {
		return err
	}
	var picture foreign.Picture
	if palette == "" {
		picture, err = foreign.Read(file.Format, file.Data, size)
	} else {
		var colors foreign.File
		if colors, err = readForeign(palette, stdin); err != nil {
			return err
		}
		picture, err = foreign.ReadWithColors(file, colors, size)
	}
	if err != nil {
		return fmt.Errorf("%w: %s: %w", errUsage, input, err)
	}
	if err := printLosses(stderr, picture.Losses); err != nil {
		return err
	}
	if err := printReaders(stderr, picture.Spec); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s\n", picture.Spec.Canonical())
	return err
}

// readForeign reads a file of another program and finds out of which.
func readForeign(input string, stdin io.Reader) (foreign.File, error) {
	source := stdin
	if input != standard {
		file, err := os.Open(input) //nolint:gosec // the file that the caller names
		if err != nil {
			return foreign.File{}, fmt.Errorf("%w: %w", errUsage, err)
		}
		defer file.Close()
		source = file
	}
	data, err := io.ReadAll(io.LimitReader(source, foreign.MaxSize+1))
	if err != nil {
		return foreign.File{}, fmt.Errorf("read %s: %w", input, err)
	}
	format, err := foreign.Detect(input, data)
	if err != nil {
		return foreign.File{}, fmt.Errorf("%w: %s: %w", errUsage, input, err)
	}
	return foreign.File{Format: format, Data: data}, nil
}

// printLosses names what is not honoured, a line each.
func printLosses(stderr io.Writer, losses []foreign.Loss) error {
	for _, loss := range losses {
		if _, err := fmt.Fprintln(stderr, loss); err != nil {
			return err
		}
	}
	return nil
}
