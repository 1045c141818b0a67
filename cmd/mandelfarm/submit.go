package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

func submitCommand(env environment) *cobra.Command {
	var output string
	var wait bool
	var view viewFlags
	var terms job.Terms
	var priority, pool, batch string
	cmd := &cobra.Command{
		Use:   "submit [SPEC.json]",
		Short: "Have a farm draw a picture",
		Long: `Have a farm draw a picture. SPEC.json says what to draw, in the form that POST
/jobs takes; - reads it from standard input. Or flags say it, by the names that
the query of /generate has.

It prints the job's ID. Submitting the same picture twice is submitting it once.
With --wait, which --output implies, it shows the progress until the job ends.`,
		Example: `  mandelfarm submit --width 3840 --height 2160 --palette fire -o fire.png
  echo '{"width": 1920, "height": 1080}' | mandelfarm submit -`,
		Args: usage(cobra.MaximumNArgs(1)),
	}
	clientCommand(env, cmd, func(ctx context.Context, c *caller, args []string) error {
		var s spec.Spec
		var err error
		if batch == "" {
			s, err = view.spec(cmd.Flags(), args, c.stdin)
		} else if len(args) > 0 || wait || output != "" {
			err = fmt.Errorf("%w: --batch: neither SPEC.json nor --wait or --output go with it", errUsage)
		}
		if err != nil {
			return err
		}
		terms.Priority, err = job.ParsePriority(priority)
		if err == nil {
			terms.Pool, err = job.ParsePool(pool)
		}
		if err == nil {
			err = terms.Check()
		}
		if err != nil {
			return fmt.Errorf("%w: --%w", errUsage, err)
		}
		if batch != "" {
			return c.submitBatch(ctx, batch, terms)
		}
		return c.submit(ctx, s, terms, wait || output != "", output)
	})
	cmd.Flags().StringVar(&priority, "priority", "", "`priority` of the job: high, normal or low; by default normal")
	cmd.Flags().StringVar(&terms.Title, "title", "", "`title` of the job")
	cmd.Flags().StringArrayVar(&terms.Tags, "tag", nil, "`tag` of the job; may be given several times")
	cmd.Flags().StringVar(&pool, "pool", "", "`pool` whose workers draw the job; by default those of none")
	cmd.Flags().StringVar(&terms.Webhook.URL, "webhook", "", "`url` that the farm tells of the job's end")
	cmd.Flags().Float64Var(&terms.Webhook.Share, "webhook-progress", 0, "`share` of the work, above 0 and below 1, at which the webhook is told too")
	arguments(cmd.Flags(), "priority", "title", "tag", "pool", "webhook", "webhook-progress")
	cmd.Flags().StringVar(&batch, "batch", "", "`file` of Specs, one a line, that are submitted together; - is standard input")
	arguments(cmd.Flags(), "batch")
	cmd.Flags().BoolVar(&wait, "wait", false, "show the progress until the job ends")
	arguments(cmd.Flags(), "wait")
	addOutput(cmd, &output)
	view.add(cmd.Flags())
	return cmd
}

// submit submits a Spec. If it is to wait it shows the progress, on standard
// error unless that is what it was asked to print, and fetches the picture if
// there is an output.
func (c *caller) submit(ctx context.Context, s spec.Spec, terms job.Terms, wait bool, output string) error {
	st, err := c.farm.SubmitAs(ctx, s, terms)
	if err != nil {
		return err
	}
	if err := printReaders(c.stderr, s); err != nil {
		return err
	}
	if output != standard && (!wait || !c.json) { // a watch prints all documents there are
		if err := c.print(st, onlyID); err != nil {
			return err
		}
	}
	if !wait {
		return nil
	}
	watching := *c
	watching.json = c.json && output != standard // which is for the picture
	if st, err = watching.watch(ctx, st.ID, c.stderr); err != nil || output == "" {
		return err
	}
	return c.fetch(ctx, st, output)
}

// viewFlags are the flags that describe a picture.
type viewFlags struct {
	width, height int
	parameters    []string // names of the flags that are a query's parameters
}

// add adds the flags: the size, and the parameters of [spec.FromQuery] with
// dashes for underscores, which are taken as well.
func (v *viewFlags) add(fs *pflag.FlagSet) {
	fs.IntVar(&v.width, "width", v.width, "`pixels` of the picture from left to right")
	fs.IntVar(&v.height, "height", v.height, "`pixels` of the picture from top to bottom")
	arguments(fs, "width", "height")
	for _, p := range []struct{ name, usage string }{
		{"formula", "`name` of the formula: mandelbrot, julia, burning_ship, tricorn or multibrot"},
		{"power", "`power` of z in a multibrot or a Julia set, 2 to 8"},
		{"seed-re", "real part of a Julia set's constant, a `decimal`"},
		{"seed-im", "imaginary part of a Julia set's constant, a `decimal`"},
		{"re", "real part of the centre, a `decimal` of any length"},
		{"im", "imaginary part of the centre, a `decimal` of any length"},
		{"radius", "half the height of the view, a `decimal`"},
		{"exact", "`true` or false, without effect: every centre is exact"},
		{"rotation", "`degrees` that the view is turned"},
		{"mirror", "`true`: the imaginary axis points down"},
		{"stretch-amount", "how many `times` the view is doubled along an axis and halved across"},
		{"stretch-angle", "`degrees` of that axis, counter-clockwise from the right"},
		{"max-iterations", "`iterations` after which a point is inside, or auto"},
		{"samples", "`points` per pixel"},
		{"depth", "`bits` per channel: 8 or 16"},
		{"coloring", "`method` of colouring: smooth, distance, slope, histogram or set"},
		{"palette", "`name` of the palette, such as ultra, fire or ocean, or stops such as 000764@0,206bcb@0.16"},
		{"smooth", "`false`: whole counts have one colour each"},
		{"range", "`counts` that the palette spans, least and greatest, such as 12,400"},
		{"equalize", "`part` of the way from colours by count (0) to colours by rank (1)"},
		{"density", "how fast the palette turns, a `decimal`"},
		{"offset", "where in the palette to start, in `turns`"},
		{"cyclic", "`false`: the palette runs once and ends"},
		{"steps", "`number` of flat colours that the palette is cut into"},
		{"light", "`degrees` from which a slope is lit"},
		{"relief", "`strength` of a slope's light, 0 to 1"},
		{"interior", "`colour` of the inside, such as #000000"},
		{"periods", "`true`: the inside is coloured by the periods of its cycles"},
		{"format", "`format` of the file: png, npy for raw data, or exr for both; counts or gradients for few bytes"},
		{"counts", "`type` of the counts in an exr: uint, or float for readers that know no whole numbers"},
		{"undecided", "`true`: an npy or exr tells of every pixel whether it is undecided"},
	} {
		fs.String(p.name, "", p.usage)
		arguments(fs, p.name)
		v.parameters = append(v.parameters, p.name)
	}
	fs.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		return pflag.NormalizedName(strings.ReplaceAll(name, "_", "-"))
	})
}

// errTwoSpecs: it is not clear what to draw.
var errTwoSpecs = errors.New("say what to draw by SPEC.json, or by flags from --width on")

// spec reads what is to be drawn from a file or from the flags, not from both.
func (v *viewFlags) spec(fs *pflag.FlagSet, args []string, stdin io.Reader) (spec.Spec, error) {
	query := make(map[string][]string)
	for _, name := range v.parameters {
		if fs.Changed(name) {
			query[strings.ReplaceAll(name, "-", "_")] = []string{fs.Lookup(name).Value.String()}
		}
	}
	flags := len(query) > 0 || fs.Changed("width") || fs.Changed("height")
	if flags == (len(args) == 1) {
		return spec.Spec{}, fmt.Errorf("%w: %w", errUsage, errTwoSpecs)
	}
	if len(args) == 1 {
		return readSpec(args[0], stdin)
	}
	s, err := spec.FromQuery(v.width, v.height, query)
	if err != nil {
		return s, fmt.Errorf("%w: %w", errUsage, err)
	}
	return s, nil
}
