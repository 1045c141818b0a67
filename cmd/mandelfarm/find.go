package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// findOptions say what find looks for and prints.
type findOptions struct {
	maxPeriod int
	spec      bool
}

func findCommand(env environment) *cobra.Command {
	s := defaultSettings()
	var view viewFlags
	var options findOptions
	cmd := &cobra.Command{
		Use:   "find [SPEC.json]",
		Short: "Find the minibrot that a view is about",
		Long: `Find the minibrot that a view of the Mandelbrot set is about: of those within the
radius from the centre, the one of the least period. SPEC.json says which view,
in the form that POST /jobs takes; - reads it from standard input. Or flags say
it, as those of submit; the size is 800x600 then unless it is given.

It prints a JSON document: period, center, size, angle and domain of the
minibrot, radius and max_iterations of a view that shows it, and as spec the
given picture of that view. With --spec it prints nothing but that.

Exit code 0: it is found. 2: wrong usage, or no view of the Mandelbrot set.
7: there is none, and the message says why.`,
		Example: `  mandelfarm find --re -1.7597 --im -0.0126 --radius 0.001 --spec | mandelfarm render - -o minibrot.png`,
		Args:    usage(cobra.MaximumNArgs(1)),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := s.load(cmd.Flags(), env); err != nil {
			return err
		}
		if options.maxPeriod < 0 {
			return fmt.Errorf("%w: --max-period: want 0 or more", errUsage)
		}
		wanted, err := view.spec(cmd.Flags(), args, cmd.InOrStdin())
		if err == nil {
			err = renderer.Limits{}.Check(wanted)
		}
		if err != nil {
			return usageFault(err)
		}
		return find(cmd.Context(), s, wanted, options, cmd.OutOrStdout())
	}
	cmd.Flags().IntVar(&options.maxPeriod, "max-period", 0, fmt.Sprintf(
		"`period` above which none is looked for; by default %d, or the view's iterations if they are more", renderer.DefaultMaxPeriod))
	cmd.Flags().BoolVar(&options.spec, "spec", false, "print only the Spec of a view that shows it")
	arguments(cmd.Flags(), "max-period", "spec")
	view.width, view.height = 800, 600
	view.add(cmd.Flags())
	s.addThreads(cmd.Flags())
	return cmd
}

// find prints the minibrot that the picture's view is about.
func find(ctx context.Context, s *settings, wanted spec.Spec, options findOptions, stdout io.Writer) error {
	limit := options.maxPeriod
	if limit == 0 {
		limit = max(renderer.DefaultMaxPeriod, int(wanted.MaxIterations))
	}
	found, err := renderer.Find(ctx, wanted, limit, s.worker.threads)
	if err != nil {
		return usageFault(err)
	}
	var document any = found
	if options.spec {
		document = found.Spec
	}
	data, err := json.Marshal(document)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s\n", data)
	return err
}

// usageFault marks errors of a Spec as wrong usage.
func usageFault(err error) error {
	if _, ok := errors.AsType[*spec.FieldError](err); ok && !errors.Is(err, errUsage) {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	return err
}
