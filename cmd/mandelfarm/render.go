package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/schollz/progressbar/v3"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// standard names standard input and output where a file is expected.
const standard = "-"

// outputs are the files that render writes, those that are not empty.
type outputs struct {
	picture string // in the Spec's own format
	npy     string
	exr     string
}

// output is one of them.
type output struct {
	flag, file string
	format     spec.FileFormat
}

// list returns the files that are to be written.
func (o outputs) list() (list []output) {
	for _, out := range []output{{"output", o.picture, asGiven}, {"raw", o.npy, spec.NPY}, {"exr", o.exr, spec.EXR}} {
		if out.file != "" {
			list = append(list, out)
		}
	}
	return list
}

// asGiven stands for the Spec's own format.
const asGiven spec.FileFormat = "as given"

// of is what of a Spec is drawn into the file.
func (o output) of(s spec.Spec) (spec.Spec, error) {
	if o.format == asGiven {
		return s, nil
	}
	return s.As(o.format)
}

// check refuses what cannot be written.
func (o outputs) check() error {
	var files []string
	for _, out := range o.list() {
		if slices.Contains(files, out.file) {
			return fmt.Errorf("%w: --%s: %s is another output already", errUsage, out.flag, out.file)
		}
		files = append(files, out.file)
	}
	if len(files) == 0 {
		return fmt.Errorf("%w: want --output, --raw or --exr", errUsage)
	}
	return nil
}

// render draws the Spec in a file into others, one after the other. Nothing is
// left behind by a drawing that fails.
func render(ctx context.Context, s *settings, input string, files outputs, stdin io.Reader, stdout, stderr io.Writer) error {
	if err := files.check(); err != nil {
		return err
	}
	wanted, err := readSpec(input, stdin)
	if err != nil {
		return err
	}
	var prepass *renderer.Prepass // of one view in several formats
	for _, out := range files.list() {
		drawn, err := out.of(wanted)
		if err != nil {
			return fmt.Errorf("%w: --%s: %w", errUsage, out.flag, err)
		}
		if err := printReaders(stderr, drawn); err != nil {
			return err
		}
		options := renderer.Options{Threads: s.worker.threads}
		if prepass == nil || prepass.Key() != renderer.PrepassKey(drawn) {
			if prepass, err = renderer.NewPrepass(ctx, drawn, options.Threads, nil); err != nil {
				return err
			}
		}
		options.Prepass = prepass
		undecided := countUndecided(&options, progress(drawn, stderr))
		draw := func(w io.Writer) error { return renderer.Write(ctx, w, drawn, options) }
		if out.file == standard {
			err = draw(stdout)
		} else {
			err = replaceFile(out.flag, out.file, draw)
		}
		if err != nil {
			return err
		}
		if drawn.Undecided {
			fmt.Fprintf(stderr, "%d of %d pixels are undecided\n", *undecided, int64(drawn.Width)*int64(drawn.Height))
		}
	}
	return nil
}

// countUndecided has the pixels counted that are, of files that tell of them, and the progress shown.
func countUndecided(o *renderer.Options, shown func(rows int, work renderer.Work)) *int64 {
	var n int64
	o.Progress = func(rows int, work renderer.Work) {
		n += work.Undecided
		if shown != nil {
			shown(rows, work)
		}
	}
	return &n
}

// maxSpec is more than any Spec that can be drawn needs.
const maxSpec = 16 << 20

func readSpec(input string, stdin io.Reader) (spec.Spec, error) {
	source := stdin
	if input != standard {
		file, err := os.Open(input) //nolint:gosec // the file that the caller names
		if err != nil {
			return spec.Spec{}, fmt.Errorf("%w: %w", errUsage, err)
		}
		defer file.Close()
		source = file
	}
	s, err := parseSpec(bufio.NewReader(source))
	if err == nil {
		err = renderer.Limits{}.Check(s)
	}
	if err != nil {
		return s, fmt.Errorf("%w: %s: %w", errUsage, input, err)
	}
	return s, nil
}

// parseSpec reads a Spec from JSON, or from the text in a PNG of ours.
func parseSpec(source *bufio.Reader) (spec.Spec, error) {
	const png = "\x89PNG"
	if start, err := source.Peek(len(png)); err == nil && string(start) == png {
		picture, err := renderer.OpenPicture(source)
		if err != nil {
			return spec.Spec{}, err
		}
		return picture.Spec, nil
	}
	data, err := io.ReadAll(io.LimitReader(source, maxSpec))
	if err != nil {
		return spec.Spec{}, err
	}
	return spec.Parse(data)
}

// progress returns a callback that moves a bar, or nil where nobody would see
// it.
func progress(s spec.Spec, stderr io.Writer) func(rows int, _ renderer.Work) {
	if !isTerminal(stderr) {
		return nil
	}
	bar := progressbar.NewOptions(s.Height,
		progressbar.OptionSetWriter(stderr),
		progressbar.OptionSetDescription(fmt.Sprintf("%s %dx%d", s.Formula, s.Width, s.Height)),
		progressbar.OptionSetItsString("rows"),
		progressbar.OptionShowIts(),
		progressbar.OptionFullWidth(),
		progressbar.OptionOnCompletion(func() { fmt.Fprintln(stderr) }),
	)
	return func(rows int, _ renderer.Work) { _ = bar.Add(rows) } // a bar that cannot be drawn stops nothing
}

// replaceFile writes a file beside path and moves it there when it is whole. What
// is there and no regular file, such as a pipe or a device, is written to as it
// is. Errors of opening it name the flag.
func replaceFile(flag, path string, write func(io.Writer) error) (err error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return writeFile(flag, path, os.O_WRONLY, write)
	}
	part := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"-"+rand.Text()[:8])
	if err := writeFile(flag, part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, write); err != nil {
		if removed := os.Remove(part); !errors.Is(removed, os.ErrNotExist) {
			err = errors.Join(err, removed)
		}
		return err
	}
	return os.Rename(part, path)
}

// writeFile opens a file, has it written and closes it.
func writeFile(flag, path string, mode int, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, mode, 0o666) //nolint:gosec // the file that the caller names; the umask counts
	if err != nil {
		return fmt.Errorf("%w: --%s: %w", errUsage, flag, err)
	}
	return errors.Join(write(file), file.Close())
}
